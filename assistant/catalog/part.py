"""A file that arrives piece by piece, with the SHA-256 of what is there so far."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_CHUNK = 1 << 20


class Part:
    """What has arrived of a file, kept at `path`. Each piece is hashed as it comes, so that the file need
    not be read again. Raises OSError."""

    def __init__(self, path: Path, checking: Callable[[int], None]) -> None:
        """`checking` gets the bytes read of what an earlier pull left."""
        self.path = path
        self._file = path.open("a+b", buffering=0)
        self._digest = hashlib.sha256()
        self.size = 0
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            self._count(chunk)
            checking(self.size)

    def append(self, chunk: bytes) -> None:
        left = memoryview(chunk)
        while left:
            left = left[self._file.write(left) :]
        self._count(chunk)

    def restart(self) -> None:
        """Forget what is there: the hub sends the file from its beginning."""
        self._file.truncate(0)
        self._digest, self.size = hashlib.sha256(), 0

    def sync(self) -> None:
        """Bring it to the disk itself."""
        os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __enter__(self) -> "Part":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _count(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self.size += len(chunk)
