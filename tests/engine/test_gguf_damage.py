"""What is well-formed in a model file and yet ends llama.cpp, or makes nonsense of it, is refused before."""

import struct
from pathlib import Path

import gguf
import pytest

from assistant.engine.llama import Model
from assistant.errors import ModelError
from tests.engine.test_state import write_model
from tests.engine.tiny_gguf import vocabulary, with_number, write_tiny


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
