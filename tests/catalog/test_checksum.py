"""What is written down of a file's content, and what of it is believed."""

import hashlib
import os
from pathlib import Path

import pytest

from assistant.catalog.checksum import is_as_recorded, record, record_of, recorded, sha256_of

DIGEST = "0123456789abcdef" * 4


def test_a_file_is_read_to_its_end_and_told_of_meanwhile(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "m.gguf").write_bytes(content)
    told: list[int] = []
    assert sha256_of(tmp_path / "m.gguf", told.append) == hashlib.sha256(content).hexdigest()
    assert told == [2**20, 2**21, len(content)]


def test_what_was_recorded_is_read_back_and_as_sha256sum_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    assert recorded(path) is None
    record(path, DIGEST)
    assert recorded(path) == DIGEST
    assert [each.name for each in tmp_path.iterdir()] == [record_of(path).name] == ["m.gguf.sha256"]
    assert record_of(path).read_text() == f"{DIGEST}  m.gguf\n"


def test_a_file_that_was_written_since_or_never_checked_is_not_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"model")
    assert not is_as_recorded(path)
    record(path, DIGEST)
    checked = record_of(path).stat().st_mtime_ns
    for seconds, expected in ((-1, True), (0, True), (1, False)):
        os.utime(path, ns=(checked, checked + seconds * 10**9))
        assert is_as_recorded(path) is expected
    os.utime(path, ns=(0, 0))
    record_of(path).write_text(f"{DIGEST}  other.gguf\n")
    assert not is_as_recorded(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        DIGEST.encode(),
        f"{DIGEST} m.gguf".encode(),
        f"{DIGEST}  other.gguf".encode(),
        f"{DIGEST[:-1]}  m.gguf".encode(),
        f"{DIGEST}0  m.gguf".encode(),
        b"\xff" * 70,
    ],
)
def test_a_record_that_is_damaged_or_of_another_file_says_nothing(content: bytes, tmp_path: Path) -> None:
    record_of(tmp_path / "m.gguf").write_bytes(content)
    assert recorded(tmp_path / "m.gguf") is None
