"""SHA-256 of files, and what is written down of one: a small file beside it, as `sha256sum -c` reads it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

_CHUNK = 1 << 20


def sha256_of(path: Path, progress: Callable[[int], None]) -> str:
    """Read the whole file; `progress` gets the bytes read. Raises OSError."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done)
    return digest.hexdigest()


def record(path: Path, digest: str) -> None:
    """Write down what the file at `path` should be. Raises OSError."""
    beside = record_of(path)
    temporary = beside.with_name(f"{beside.name}.new")
    temporary.write_text(f"{digest}  {path.name}\n")
    temporary.replace(beside)


def recorded(path: Path) -> str | None:
    """The SHA-256 that the file at `path` had when it came, None where that was not written down."""
    try:
        digest, _, name = record_of(path).read_text().strip().partition("  ")
    except (OSError, UnicodeDecodeError):
        return None
    return digest if name == path.name and len(digest) == 64 else None


def is_as_recorded(path: Path) -> bool:
    """Whether the file was checked when it came, and not written since. Raises OSError."""
    return recorded(path) is not None and path.stat().st_mtime_ns <= record_of(path).stat().st_mtime_ns


def record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
