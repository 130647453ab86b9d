"""The short form of `python -m tests.faults gguf`, and the damage that it found first."""

import random
from pathlib import Path

import gguf
import pytest

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


def test_a_vocabulary_with_a_token_twice_is_refused(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf", tokens=[*vocabulary(), "a"])
    with pytest.raises(ModelError, match="the token b'a' is in its vocabulary twice"):
        Model(path)
    assert len(gguf.GGUFReader(path).tensors), "it is well-formed otherwise"
