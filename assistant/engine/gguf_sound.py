"""What of a file contradicts itself, where llama.cpp would end the process rather than refuse it.

Each check stands for an assertion of llama.cpp that a damaged file was seen to reach."""

from pathlib import Path

from assistant.engine.gguf_header import GgufArray, Header, read_header
from assistant.errors import ModelError


def check_sound(path: Path) -> None:
    """Raise ModelError for a file that cannot be read, or whose sizes and tensors do not go together."""
    header = read_header(path)
    if reason := _contradiction(header):
        raise ModelError(f"{path} contradicts itself: {reason}.", hint="Pull it again, or take another file.")


def _contradiction(header: Header) -> str:
    for key, value in header.metadata.items():
        if key.endswith("epsilon") and isinstance(value, int | float) and not value >= 0:
            return f"{key} is {value}"
    heads = _size(header, "attention.head_count")
    if heads:
        for name, tensor in header.tensors.items():
            if name.endswith(".attn_q.weight") and len(tensor.shape) == 2 and tensor.shape[1] % heads:
                return f"{name} has {tensor.shape[1]} rows for {heads} heads"
    rotated = _size(header, "rope.dimension_count")
    compressed = _size(header, "attention.key_length_mla")
    rank = _size(header, "attention.kv_lora_rank")
    key_length = _size(header, "attention.key_length")
    if rank and rotated and not rotated < (compressed or key_length):
        return f"it rotates {rotated} of {compressed or key_length} numbers of a head's key"
    if compressed and key_length != rank + rotated:
        return f"its compressed keys have {key_length} numbers, and their parts {rank} and {rotated}"
    return ""


def _size(header: Header, key: str) -> int:
    """A size of the architecture, the largest where there is one a layer; 0 where there is none."""
    value = header.of_architecture(key)
    if isinstance(value, GgufArray):
        value = max(value.values, default=0)
    return value if isinstance(value, int) else 0
