"""Contents as git stores them, and as they lie in the working tree."""

import os
from pathlib import Path

from assistant.errors import RefusedError
from assistant.repo.checkpoints.state import ABSENT, FileState, read_state
from assistant.repo.creation import umask
from assistant.repo.diff import Entry, FileDiff
from assistant.repo.diff.model import LINK, SUBMODULE
from assistant.repo.git import plumb


def read_blob(root: Path, entry: Entry | None) -> bytes:
    """The content of an entry, nothing where there is none."""
    return plumb(root, "cat-file", ["blob", entry.blob]) if entry and entry.blob else b""


def write_blob(root: Path, content: bytes) -> str:
    """Store `content` as it is, and return its id."""
    return plumb(root, "hash-object", ["-w", "--stdin"], stdin=content).decode().strip()


def store_from_tree(root: Path, file: FileDiff) -> Entry | None:
    """What lies in the working tree, stored as git would store it; line endings are converted where git is
    told to. Raises RefusedError where a program would convert it."""
    if file.new and file.new.mode == SUBMODULE:
        return Entry(SUBMODULE, _commit_of(file))
    state = read_state(root, file.path)
    match state.kind:
        case "absent":
            return None
        case "link":
            return Entry(LINK, write_blob(root, state.content))
        case "file":
            require_unfiltered(file)
            options = ["-w", "--stdin", f"--path={file.path}"]
            blob = plumb(root, "hash-object", options, stdin=state.content).decode().strip()
            return Entry("100755" if state.mode & 0o100 else "100644", blob)


def state_in_tree(root: Path, file: FileDiff) -> FileState:
    """The old side of a change in the working tree's form, to be put back there."""
    require_unfiltered(file)
    if file.old is None:
        return ABSENT
    if file.old.mode == LINK:
        return FileState("link", read_blob(root, file.old))
    content = plumb(root, "cat-file", ["--filters", f"--path={file.path}", file.old.blob])
    return FileState("file", content, permissions(file.old))


def permissions(entry: Entry) -> int:
    """The permission bits that git gives a file."""
    return (0o777 if entry.mode == "100755" else 0o666) & ~umask()


def require_unfiltered(file: FileDiff) -> None:
    """Raise RefusedError for a file whose content a program converts: it would have to be run."""
    if file.filtered:
        raise RefusedError(
            f"{file.path} is converted by a filter, which is a program that this repository names.",
            hint=f"If you trust it: git add {file.path}",
        )


def _commit_of(file: FileDiff) -> str:
    added = [line.content for hunk in file.hunks for line in hunk.lines if line.kind == "added"]
    return os.fsdecode(added[-1]).removeprefix("Subproject commit ").strip()
