"""What was sent before, in this and earlier sessions of the same folder."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

from assistant.catalog.locations import data_folder
from assistant.repo.atomic import stage

MOST_KEPT = 500
# Longer ones are remembered by this process alone.
LONGEST_KEPT = 8000


class History:
    """The entries, the newest last. `path` None keeps nothing on disk.

    One JSON string a line, so that two processes can append at once. A history that cannot be read or
    written is no reason to trouble anybody."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[str] = []
        self._path = path

    @classmethod
    def of(cls, root: Path) -> "History":
        """That of the folder `root`."""
        key = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
        return cls(data_folder() / "history" / f"{key}.jsonl")

    def load(self) -> None:
        """Put earlier sessions before what there is."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            lines = self._path.read_bytes().splitlines()
            kept = [entry for line in lines[-MOST_KEPT:] if (entry := _entry(line))]
            if len(lines) > 2 * MOST_KEPT:
                content = b"".join(map(_line, kept))
                stage(self._path, content, 0o600).replace(self._path)
            self.entries[:0] = kept

    def add(self, text: str) -> None:
        """Remember `text`, unless it is what was sent last."""
        if self.entries and self.entries[-1] == text:
            return
        self.entries.append(text)
        if self._path is None or len(text) > LONGEST_KEPT:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, _line(text) if _is_whole(file) else b"\n" + _line(text))
            finally:
                os.close(file)


def _is_whole(file: int) -> bool:
    """Whether no line was cut off at its end, as a full disk does it."""
    size = os.fstat(file).st_size
    os.lseek(file, max(size - 1, 0), os.SEEK_SET)
    return size == 0 or os.read(file, 1) == b"\n"


def _line(text: str) -> bytes:
    return json.dumps(text).encode() + b"\n"


def _entry(line: bytes) -> str:
    """Empty for a line that was cut off."""
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""
