"""Where the work happens: a git repository, or a folder without one."""

import time
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import CoderError
from assistant.repo.files import SourceFile


@dataclass(frozen=True, slots=True)
class Workspace:
    """`root` bounds what may be read and written. Without git, undo is by backup."""

    root: Path
    is_git: bool

    def backup(self, source: SourceFile, folder: Path) -> Path:
        """Keep the file's bytes, as they were read, below `folder`, and return where. Raises CoderError."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        kept, number = folder / stamp / source.shown, 1
        try:
            while kept.exists():
                number += 1
                kept = folder / f"{stamp}.{number}" / source.shown
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)  # it may hold secrets
            kept.write_bytes(source.raw)
        except OSError as error:
            raise CoderError(
                f"{source.shown} cannot be backed up: {error.strerror or error} ({error.filename}).",
                hint="Make room, or set CODER_HOME to a folder that can be written.",
            ) from error
        return kept


def find_workspace(path: Path) -> Workspace:
    """The git work tree that `path` (a file or folder) lies in, else its folder."""
    start = path.absolute()
    start = (start if start.is_dir() else start.parent).resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return Workspace(folder, is_git=True)
    return Workspace(start, is_git=False)
