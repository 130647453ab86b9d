"""Where the work happens: a git repository, or a folder without one."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """`root` bounds what may be read and written."""

    root: Path
    is_git: bool


def find_workspace(path: Path) -> Workspace:
    """The git work tree that `path` (a file or folder) lies in, else its folder."""
    start = path.absolute()
    start = (start if start.is_dir() else start.parent).resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return Workspace(folder, is_git=True)
    return Workspace(start, is_git=False)
