"""The header reader finds what the reference reader finds, and survives what no reader should believe."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.gguf_header import GgufArray, read_header
from assistant.engine.llama import ContextOptions
from assistant.engine.memory import estimate
from assistant.errors import ModelError
from tests.engine.test_state import MEMORIES, write_model
from tests.engine.tiny_gguf import write_tiny


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_header_is_what_the_reference_reader_finds(memory: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", memory)
    reference = gguf.GGUFReader(path)
    header = read_header(path)
    found = {
        name: (tensor.shape, tensor.type, tensor.offset, tensor.bytes, tensor.elements)
        for name, tensor in header.tensors.items()
    }
    assert found == {
        t.name: (
            tuple(map(int, t.shape)),
            int(t.tensor_type),
            int(t.data_offset),
            int(t.n_bytes),
            int(t.n_elements),
        )
        for t in reference.tensors
    }
    for key, field in reference.fields.items():
        if key.startswith("GGUF."):
            continue
        value, expected = header.metadata[key], field.contents()
        if not isinstance(expected, list):
            assert value == pytest.approx(expected) if isinstance(expected, float) else value == expected
            continue
        assert isinstance(value, GgufArray) and value.count == len(expected)
        assert value.values in ((), tuple(expected))


@pytest.fixture(scope="module")
def header_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny(tmp_path_factory.mktemp("gguf") / "m.gguf").read_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_malformed_file_is_an_error_or_read(
    header_bytes: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    whole = bytearray(header_bytes)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, 12_000))
        new = data.draw(st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x09\0\0\0", b"\x7f", b"\x80\xff"]))
        whole[at : at + len(new)] = new
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    path = tmp_path / "m.gguf"
    path.write_bytes(whole[:cut])
    try:
        needed = estimate(path, ContextOptions(n_ctx=512))
    except ModelError as error:
        assert str(path) in error.message
    else:
        assert 0 <= needed.weights <= cut and needed.kv >= 0 and needed.compute >= 0


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda b: b[:-100], "is truncated: it has"),
        (lambda b: b[:3000], "ends within its header"),
        (lambda b: b"GGML" + b[4:], "is not a GGUF model file"),
        (lambda b: b"", "is not a GGUF model file"),
        (lambda b: b[:4] + b"\0\0\0\x03" + b[8:], "is big-endian"),
        (lambda b: b[:4] + b"\x01\0\0\0" + b[8:], "has GGUF version 1"),
        (lambda b: b[:8] + b"\xff" * 8 + b[16:], "claims 18,446,744,073,709,551,615 tensors"),
        (lambda b: b[:16] + b"\xff" * 8 + b[24:], "claims 18,446,744,073,709,551,615 keys"),
        (
            lambda b: b.replace(b"llama.block_count\x04\0\0\0\x02", b"llama.block_count\x04\0\0\0\0"),
            "0 layers",
        ),
        (lambda b: b.replace(b"llama.embedding_length", b"llama.embedding_lengtx"), "of width 0"),
        (lambda b: b.replace(b"llama.context_length", b"general.architecture"), "is empty or there twice"),
        (lambda b: b.replace(b"general.architecture", b"general.architecturx"), "not say which architecture"),
        (
            lambda b: b.replace(
                b"llama.embedding_length\x04\0\0\0\x40\0\0\0",
                b"llama.embedding_length\x04\0\0\0\xff\xff\xff\x7f",
            ),
            "embedding_length is 2,147,483,647",
        ),
        (
            lambda b: b.replace(b"llama.block_count\x04\0\0\0\x02", b"general.alignment\x04\0\0\0\x03"),
            "its alignment is 3",
        ),
        (
            lambda b: b.replace(b"blk.0.attn_k.weight", b"blk.0.attn_q.weight"),
            "'blk.0.attn_q.weight' is there twice",
        ),
        (
            lambda b: b.replace(b"output.weight\x02", b"output.weight\x05"),
            "'output.weight' has 5 dimensions",
        ),
        (
            lambda b: b.replace(b"output_norm.weight\x01\0\0\0\x40", b"output_norm.weight\x01\0\0\0\x41"),
            "lies at",
        ),
    ],
)
def test_each_kind_of_damage_is_named(
    header_bytes: bytes, edit: Callable[[bytes], bytes], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(edit(header_bytes))
    with pytest.raises(ModelError, match=re.escape(says)):
        estimate(path, ContextOptions())


def write_shards(folder: Path, names: Sequence[str]) -> Path:
    """One tensor a shard, of as many columns as its number. Returns the path of the first."""
    paths = [folder / f"m-{i:05d}-of-{len(names):05d}.gguf" for i in range(1, len(names) + 1)]
    for i, (path, name) in enumerate(zip(paths, names, strict=True), 1):
        writer = gguf.GGUFWriter(str(path), "llama")
        writer.add_uint16("split.count", len(names))
        writer.add_uint16("split.no", i - 1)
        writer.add_block_count(1)
        writer.add_embedding_length(8)
        writer.add_tensor(name, np.full((8, i), i, "f4"))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return paths[0]


def test_shards_are_read_together(tmp_path: Path) -> None:
    first = write_shards(tmp_path, ["blk.0.a", "blk.0.b"])
    header = read_header(first)
    assert header.metadata["split.no"] == 0
    for number, tensor in enumerate(header.tensors.values(), 1):
        assert tensor.shape == (number, 8)
        data = np.fromfile(tensor.file, "<f4", tensor.elements, offset=tensor.offset)
        assert data.tolist() == [number] * 8 * number
    assert estimate(first, ContextOptions()).weights == 8 * (1 + 2) * 4


def test_a_shard_that_is_missing_is_named(tmp_path: Path) -> None:
    first = write_shards(tmp_path, ["blk.0.a", "blk.0.b"])
    first.with_name("m-00002-of-00002.gguf").unlink()
    with pytest.raises(ModelError, match=r"No model file at .*m-00002-of-00002"):
        read_header(first)
    with pytest.raises(ModelError, match="its name does not say which"):
        read_header(first.rename(tmp_path / "renamed.gguf"))


def test_shards_that_hold_the_same_tensor_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"00002-of-00002.* 'blk\.0\.a'"):
        read_header(write_shards(tmp_path, ["blk.0.a", "blk.0.a"]))


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf")
    assert read_header(path).architecture == "llama"
    write_tiny(path, "gemma2")
    assert read_header(path).architecture == "gemma2"
