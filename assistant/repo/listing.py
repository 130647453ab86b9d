"""Which files there are in a repository: git is asked where there is one, else the folder is walked."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from assistant.errors import CoderError, InterruptedByUserError
from assistant.repo import git
from assistant.repo.ignore import IgnoreRules
from assistant.repo.workspace import Workspace

MAX_FILES = 200_000
_CODER_IGNORE = ".coderignore"
_NOT_WALKED = {
    ".git", ".hg", ".svn", ".tox", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    "__pycache__", "node_modules", "venv",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths relative to the root, with slashes, sorted. `left_out` counts the others by reason.

    A file may be gone, or be a link, a submodule or no text: that shows when it is opened."""

    files: tuple[str, ...]
    left_out: Mapping[str, int]


def list_files(workspace: Workspace, *, limit: int = MAX_FILES, cancel: Event | None = None) -> Listing:
    """At most `limit` files that are not ignored. Raises InterruptedByUserError when `cancel` is set."""
    left_out: Counter[str] = Counter()
    paths = _from_git(workspace, left_out) if workspace.is_git else None
    if paths is None:
        paths = _walked(workspace, limit, left_out, cancel)
    rules = IgnoreRules(workspace.root, [_CODER_IGNORE])
    kept = []
    for path in sorted(paths):
        _check(cancel)
        if not path.isprintable() or "\ufffd" in path:
            left_out["with a name that cannot be shown"] += 1
        elif rules.ignores(path):
            left_out[f"ignored by {_CODER_IGNORE}"] += 1
        else:
            kept.append(path)
    if len(kept) > limit:
        left_out[f"beyond the first {limit:,}"] += len(kept) - limit
    return Listing(tuple(kept[:limit]), left_out)


def _from_git(workspace: Workspace, left_out: Counter[str]) -> set[str] | None:
    """None where git does not answer: it is not installed, or does not trust the repository."""
    try:
        listed = git.files(workspace.root)
    except CoderError:
        return None
    if listed.cut:
        left_out["listed by git after the first 50 MB of names"] += 1
    paths = listed.text.split("\0")
    return {path for path in paths[:-1] if not path.endswith("/")}


def _walked(workspace: Workspace, limit: int, left_out: Counter[str], cancel: Event | None) -> set[str]:
    rules = IgnoreRules(workspace.root, [".gitignore", _CODER_IGNORE])
    found: set[str] = set()
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(workspace.root / folder) as entries:
                children = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            left_out["in folders that cannot be read"] += 1
            continue
        for entry in children:
            _check(cancel)
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name in _NOT_WALKED:
                continue
            if rules.ignores(path, is_folder=is_folder):
                left_out["ignored"] += 1
            elif is_folder:
                pending.append(path)
            elif entry.is_file(follow_symlinks=False):
                found.add(path)
        if len(found) > limit:
            left_out["in folders that were not reached"] += len(pending)
            break
    return found


def _check(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise InterruptedByUserError("Stopped while the repository's files were listed.")
