"""Ask git for a diff. Nothing that the repository names is run, and nothing of it is written."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.errors import CoderError
from assistant.repo.diff.model import Diff, Entry, FileDiff
from assistant.repo.diff.parse import parse_diff
from assistant.repo.files import MAX_BYTES
from assistant.repo.git import plumb

MOST_UNTRACKED = 1000
_OPTIONS = (
    "--patch-with-raw", "--full-index", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv",
    "--ignore-submodules=dirty", "--submodule=short", "--no-relative", "--unified=3",
    "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


def read_diff(root: Path, *, staged: bool = False, paths: Sequence[str] = ()) -> Diff:
    """What the working tree has and the index has not, untracked files with it; or, `staged`, what the
    index has and HEAD has not. `paths` count from the root. Raises UsageError and CoderError."""
    if staged:
        files = parse_diff(_diff(root, ["--cached", "--find-renames"], paths))
        return Diff(True, _with_filters(root, files))
    untracked = _untracked(root, paths)
    looked_at = untracked[:MOST_UNTRACKED]
    small = [path for path, size in looked_at if size <= MAX_BYTES]
    with _index_with(root, small) as index:
        output = _diff(root, ["--no-renames", "--ours"], paths, index)
    known = {path for path, _ in looked_at}
    files = tuple(
        replace(file, status="untracked") if file.path in known else file for file in parse_diff(output)
    )
    large = (_unread(root, path) for path, size in looked_at if size > MAX_BYTES)
    ordered = sorted((*files, *large), key=lambda file: os.fsencode(file.path))
    return Diff(False, _with_filters(root, tuple(ordered)), len(untracked) - len(looked_at))


def _diff(root: Path, options: Iterable[str], paths: Sequence[str], index: Path | None = None) -> bytes:
    return plumb(root, "diff", [*_OPTIONS, *options], paths, index=index)


def _untracked(root: Path, paths: Sequence[str]) -> list[tuple[str, int]]:
    """Files and links that are neither tracked nor ignored, with their size in bytes."""
    listed = plumb(root, "ls-files", ["-z", "--others", "--exclude-standard"], paths)
    found = []
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        with contextlib.suppress(OSError):
            status = (root / name).lstat()
            readable = stat.S_ISLNK(status.st_mode) or os.access(root / name, os.R_OK)
            if not name.endswith("/") and readable:
                found.append((name, status.st_size))
    return found


@contextlib.contextmanager
def _index_with(root: Path, paths: Sequence[str]) -> Iterator[Path | None]:
    """A copy of the index in which `paths` are added without content: git then shows them as new."""
    if not paths:
        yield None
        return
    try:
        with tempfile.TemporaryDirectory(prefix="coder-", ignore_cleanup_errors=True) as folder:
            index = Path(folder, "index")
            copy_index(index_file(root), index)
            names = b"".join(os.fsencode(path) + b"\0" for path in paths)
            options = ["--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul"]
            plumb(root, "add", options, stdin=names, index=index)
            yield index
    except OSError as error:
        raise CoderError(
            f"The diff finds no room in {tempfile.gettempdir()}: {error.strerror or error}.",
            hint="Make room there, or set TMPDIR to another folder.",
        ) from error


def index_file(root: Path) -> Path:
    """Where the index lies, also that of a linked worktree."""
    named = plumb(root, "rev-parse", ["--git-path", "index"]).removesuffix(b"\n")
    return root / os.fsdecode(named)


def copy_index(index: Path, to: Path) -> None:
    """Copy an index, which a new repository does not have, with its time: by it git knows which files may
    have changed since without looking so."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(index, to)


def _unread(root: Path, path: str) -> FileDiff:
    executable = (root / path).lstat().st_mode & 0o100
    entry = Entry("100755" if executable else "100644", "")
    return FileDiff(path, "untracked", None, entry, opaque=True)


def _with_filters(root: Path, files: tuple[FileDiff, ...]) -> tuple[FileDiff, ...]:
    """Mark those whose content a program converts."""
    names = b"".join(os.fsencode(file.path) + b"\0" for file in files)
    if not names:
        return files
    said = plumb(root, "check-attr", ["-z", "--stdin", "filter"], stdin=names).split(b"\0")
    filtered = {
        os.fsdecode(path)
        for path, value in zip(said[::3], said[2::3], strict=False)
        if value not in (b"unspecified", b"unset", b"set", b"")
    }
    return tuple(replace(file, filtered=True) if file.path in filtered else file for file in files)
