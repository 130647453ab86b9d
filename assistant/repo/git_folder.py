"""What in a repository is git's own, whatever name a file system or `.git` itself gives it."""

import unicodedata
from pathlib import Path, PurePath

_LONGEST_POINTER = 4096


def git_folder(root: Path) -> Path:
    """Git's folder of the work tree `root`: `.git`, or what is named there where it is a file."""
    place = root / ".git"
    try:
        if place.is_file():
            with place.open("rb") as file:
                said = file.read(_LONGEST_POINTER).decode("utf-8", "surrogateescape")
            if said.startswith("gitdir:"):
                return (root / said.removeprefix("gitdir:").strip()).resolve()
    except (OSError, ValueError):
        pass
    return place


def belongs_to_git(path: PurePath, root: Path) -> bool:
    """Whether `path`, relative to the root and resolved, is git's to write."""
    return any(map(_means_dot_git, path.parts)) or (root / path).is_relative_to(git_folder(root))


def _means_dot_git(name: str) -> bool:
    """As in git's own `is_hfs_dotgit` and `is_ntfs_dotgit` (path.c, utf8.c): such a name made here may be
    checked out, or mounted, where it is `.git`."""
    seen = "".join(each for each in name if unicodedata.category(each) != "Cf")
    return seen.partition(":")[0].rstrip(" .").lower() in (".git", "git~1")
