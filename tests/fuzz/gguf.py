"""A GGUF header of whatever keys, kinds and counts is read or refused by name, soon and in little memory."""

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.gguf_header import check_gguf, read_header
from assistant.engine.gguf_sound import check_sound
from assistant.engine.memory import estimate
from assistant.engine.options import ContextOptions
from assistant.errors import ModelError
from tests.engine.tiny_gguf import write_tiny
from tests.fuzz import Property

_KEYS = (
    "general.architecture", "general.alignment", "general.name", "split.count", "tokenizer.ggml.tokens",
    "llama.block_count", "llama.embedding_length", "llama.feed_forward_length",
    "llama.attention.head_count", "llama.attention.head_count_kv",
    "llama.attention.key_length", "llama.attention.value_length", "llama.attention.key_length_mla",
    "llama.attention.kv_lora_rank", "llama.rope.dimension_count", "llama.ssm.state_size", "llama.vocab_size",
    "llama.attention.sliding_window", "llama.context_length", "", "\udcff",
)  # fmt: skip
_TENSORS = (
    "token_embd.weight",
    "output.weight",
    "blk.0.attn_q.weight",
    "blk.9999999999.x",
    "blk.².y",
    "",
    "blk.-1.z",
)
_HUGE = (2**16, 2**31 - 1, 2**32 - 1, 2**60, 2**63, 2**64 - 1)
_COUNTS = st.sampled_from([0, 1, 2, 3]) | st.sampled_from(_HUGE)
_INTEGERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 10: "Q", 11: "q"}


def _u32(number: int) -> bytes:
    return struct.pack("<I", number % 2**32)


def _u64(number: int) -> bytes:
    return struct.pack("<Q", number % 2**64)


def _text(text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return _u64(len(raw)) + raw


_TEXTS = st.sampled_from(["llama", "mamba", "gemma2", "deepseek2", "a", ""]) | st.binary(max_size=6)
_SIZES = st.sampled_from([0, 1, 2, 8, 64, 2**31 - 1]) | st.integers(0, 300)


@st.composite
def _scalars(draw: st.DrawFn, kind: int) -> bytes:
    if kind in _INTEGERS:
        letter = _INTEGERS[kind]
        bits = 8 * struct.calcsize(letter)
        number = draw(_SIZES | st.sampled_from(_HUGE) | st.just(-1)) % 2**bits
        return struct.pack(f"<{letter.upper()}", number)
    if kind in (6, 12):
        return struct.pack("<f" if kind == 6 else "<d", draw(st.floats(width=32)))
    return draw(st.sampled_from([b"\0", b"\1", b"\7"])) if kind == 7 else _text(draw(_TEXTS))


@st.composite
def _values(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([*range(13), 4, 4, 8, 13]))
    if kind != 9:
        return _u32(kind) + (draw(_scalars(kind)) if kind < 13 else b"")
    of = draw(st.sampled_from([*range(9), 10, 12, 9, 99]))
    items = draw(st.lists(_scalars(of), max_size=4)) if of < 13 and of != 9 else []
    return _u32(9) + _u32(of) + _u64(draw(st.just(len(items)) | _COUNTS)) + b"".join(items)


@st.composite
def _tensors(draw: st.DrawFn) -> bytes:
    shape = draw(st.lists(st.sampled_from([0, 1, 32, 64, 256]) | _COUNTS, max_size=5))
    kind = draw(st.sampled_from([0, 1, 2, 8, 12, 30, 99]))
    name = _text(draw(st.sampled_from(_TENSORS)))
    return name + _u32(len(shape)) + b"".join(map(_u64, shape)) + _u32(kind) + _u64(draw(_COUNTS))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Well-formed on the whole, so that what is behind the header is reached as well."""
    keys = draw(
        st.lists(st.tuples(st.sampled_from(_KEYS), _values()), max_size=14, unique_by=lambda each: each[0])
    )
    tensors = draw(st.lists(_tensors(), max_size=3))
    version = draw(st.sampled_from([3, 3, 3, 2, 0, 2**24]))
    counts = [draw(st.just(len(each)) | _COUNTS) for each in (tensors, keys)]
    raw = b"GGUF" + _u32(version) + b"".join(map(_u64, counts))
    raw += b"".join(_text(key) + value for key, value in keys) + b"".join(tensors)
    return raw + bytes(draw(st.sampled_from([0, 31, 4096])))


def target(folder: Path) -> Property:
    whole = write_tiny(folder / "whole.gguf").read_bytes()
    number = 0

    @given(
        made=files(), at=st.integers(0, 12_000), put=_values() | st.binary(max_size=9), damages=st.booleans()
    )
    def gguf(made: bytes, at: int, put: bytes, damages: bool) -> None:
        nonlocal number
        number += 1  # a name that was read is remembered
        path = folder / f"{number}.gguf"
        path.write_bytes(whole[:at] + put + whole[at + len(put) :] if damages else made)
        for read in (
            check_gguf,
            read_header,
            check_sound,
            lambda path: estimate(path, ContextOptions(n_ctx=512)),
        ):
            try:
                read(path)
            except ModelError as error:
                assert str(path) in error.message
        path.unlink()

    return gguf
