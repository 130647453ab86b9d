"""The short form of `python -m tests.faults gguf`, and the damage that it found first."""

import random
import struct
from pathlib import Path

import gguf
import pytest

from assistant.engine.first_load import check_first_load
from assistant.engine.llama import Model
from assistant.errors import ModelError
from tests.engine.test_state import write_model
from tests.engine.tiny_gguf import vocabulary, write_tiny
from tests.faults.gguf import Counts, damaged, examine, load


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    originals = [write_model(tmp_path / f"{name}.gguf", name).read_bytes() for name in ("llama", "deepseek2")]
    counts, accepted = Counts(), []
    for number, content in enumerate(damaged(originals, 200, random.Random(7))):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(content)
        if examine(path, counts):
            accepted.append(path)
    load(accepted[:20], counts)
    assert not counts.wrong
    assert counts.outcomes["refused by the header"] > 100
    assert counts.outcomes["loaded by llama.cpp"]


def with_number(path: Path, key: str, number: int) -> Path:
    """The file with another number under `key`."""
    content = bytearray(path.read_bytes())
    at = content.index(key.encode()) + len(key) + 4
    content[at : at + 4] = number.to_bytes(4, "little")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("memory", "key", "number", "says"),
    [
        ("lfm2", "lfm2.attention.head_count", 7, "64 rows for 7 heads"),
        ("deepseek2", "deepseek2.rope.dimension_count", 507, "rotates 507 of 24 numbers"),
        ("compressed deepseek2", "deepseek2.attention.key_length", 9, "compressed keys have 9 numbers"),
    ],
)
def test_what_llama_cpp_would_end_the_process_for_is_refused_before(
    memory: str, key: str, number: int, says: str, tmp_path: Path
) -> None:
    path = with_number(write_model(tmp_path / "m.gguf", memory), key, number)
    with pytest.raises(ModelError, match=says):
        Model(path)


@pytest.mark.parametrize(
    ("memory", "key", "number"),
    [("lfm2", "lfm2.attention.head_count", 2), ("deepseek2", "deepseek2.attention.head_count_kv", 7)],
)
def test_a_file_that_would_end_the_process_is_found_out_in_a_child(
    memory: str, key: str, number: int, tmp_path: Path
) -> None:
    path = with_number(write_model(tmp_path / "m.gguf", memory), key, number)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"llama\.cpp cannot read .*m\.gguf: ggml\.c:\d+: GGML_ASSERT"):
            check_first_load(path, tmp_path / "passed")


def test_a_file_that_passed_is_tried_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, passed = write_model(tmp_path / "m.gguf", "llama"), tmp_path / "passed"
    check_first_load(path, passed)

    def no_child(*_: object, **__: object) -> None:
        raise AssertionError("a child was started")

    monkeypatch.setattr("assistant.engine.first_load.subprocess.run", no_child)
    check_first_load(path, passed)
    write_model(path, "qwen3")
    with pytest.raises(AssertionError, match="a child was started"):
        check_first_load(path, passed)


@pytest.mark.parametrize("epsilon", [float("nan"), -1e-5])
def test_an_epsilon_that_is_none_is_refused(epsilon: float, tmp_path: Path) -> None:
    number = int.from_bytes(struct.pack("<f", epsilon), "little")
    key = "llama.attention.layer_norm_rms_epsilon"
    path = with_number(write_model(tmp_path / "m.gguf", "llama"), key, number)
    with pytest.raises(ModelError, match=f"{key} is "):
        Model(path)


def test_tensors_that_overlap_are_refused(tmp_path: Path) -> None:
    content = bytearray(write_model(tmp_path / "m.gguf", "llama").read_bytes())
    name = b"output_norm.weight"
    at = content.index(name) + len(name) + 4 + 8 + 4  # behind its dimensions, its length and its type
    content[at : at + 8] = bytes(8)
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"the tensor 'output_norm\.weight' lies at 0 of the data, not"):
        Model(tmp_path / "m.gguf")


def test_a_vocabulary_with_a_token_twice_is_refused(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf", tokens=[*vocabulary(), "a"])
    with pytest.raises(ModelError, match="the token b'a' is in its vocabulary twice"):
        Model(path)
    assert len(gguf.GGUFReader(path).tensors), "it is well-formed otherwise"
