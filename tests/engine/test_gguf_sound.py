"""Files that contradict themselves are refused before llama.cpp, which would end the process, sees them."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import pytest

from assistant.engine.gguf_sound import check_sound
from assistant.errors import ModelError

MLA = {"attention.kv_lora_rank": 32, "rope.dimension_count": 8}


def written(path: Path, keys: Mapping[str, object]) -> Path:
    """A file with these keys of its architecture and one tensor of 64 rows."""
    writer = gguf.GGUFWriter(str(path), "deepseek2")
    for key, value in keys.items():
        name = f"deepseek2.{key}"
        match value:
            case float():
                writer.add_float32(name, value)
            case list():
                writer.add_array(name, value)
            case int():
                writer.add_uint32(name, value)
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((64, 8), "f4"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"attention.head_count": 7}, "has 64 rows for 7 heads"),
        ({"attention.head_count": [4, 7]}, "has 64 rows for 7 heads"),
        ({**MLA, "attention.key_length": 8}, "rotates 8 of 8 numbers"),
        ({**MLA, "attention.key_length_mla": 8, "attention.key_length": 40}, "rotates 8 of 8 numbers"),
        ({**MLA, "attention.key_length_mla": 24, "attention.key_length": 39}, "39 numbers, .* 32 and 8"),
    ],
)
def test_a_contradiction_is_named(keys: Mapping[str, object], says: str, tmp_path: Path) -> None:
    path = written(tmp_path / "m.gguf", keys)
    with pytest.raises(ModelError, match=says) as raised:
        check_sound(path)
    assert str(path) in raised.value.message


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"attention.head_count": 4},
        {"attention.head_count": float("nan"), "rope.dimension_count": float("inf")},
        {"attention.head_count": [float("nan"), float("inf")]},
        {**MLA, "attention.key_length_mla": 24, "attention.key_length": 40},
    ],
)
def test_what_does_not_contradict_itself_is_left_to_llama_cpp(
    keys: Mapping[str, object], tmp_path: Path
) -> None:
    check_sound(written(tmp_path / "m.gguf", keys))
