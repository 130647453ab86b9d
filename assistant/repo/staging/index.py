"""Change entries of git's index as git does: under its lock, whole or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from assistant.catalog.locations import data_folder
from assistant.errors import CoderError, RefusedError
from assistant.repo.atomic import stage, sweep, take_name
from assistant.repo.diff import Entry
from assistant.repo.diff.read import copy_index, index_file
from assistant.repo.git import plumb

_WAIT_S = 20.0

Slots: TypeAlias = tuple[str, ...]
"""What the index has at a path, each `MODE BLOB STAGE`: one of stage 0, several in a conflict, or none."""

INTENT: Slots = ("intent to add",)
"""What `git add --intent-to-add` puts there: a name without content."""


@dataclass(frozen=True, slots=True)
class IndexChange:
    """`before` is what the change expects to find."""

    path: str
    before: Slots
    after: Slots


def slots(entry: Entry | None) -> Slots:
    """An entry as it lies in an index, without conflict."""
    return (f"{entry.mode} {entry.blob} 0",) if entry else ()


def read_slots(root: Path, paths: Sequence[str], *, index: Path | None = None) -> dict[str, Slots]:
    """What the index has at each of `paths`."""
    found: dict[str, Slots] = dict.fromkeys(paths, ())
    for record in filter(None, plumb(root, "ls-files", ["-z", "--stage"], paths, index=index).split(b"\0")):
        slot, _, name = record.partition(b"\t")
        found[os.fsdecode(name)] += (slot.decode(),)
    return found


def change_index(root: Path, changes: Sequence[IndexChange]) -> None:
    """Make the changes, all or none. Raises RefusedError where the index is in use by another git, or has
    something else at one of the paths by now."""
    if not changes:
        return
    empty = plumb(root, "hash-object", ["--stdin"]).decode().strip()
    with _locked(root) as index:
        found = read_slots(root, [change.path for change in changes], index=index)
        for change in changes:
            if not _is(found[change.path], change.before, empty):
                raise RefusedError(
                    f"{change.path} was staged differently meanwhile; nothing was changed.",
                    hint="Look at the diff as it is now.",
                )
        _write(root, index, {change.path: change.after for change in changes}, "0" * len(empty))


def _is(found: Slots, expected: Slots, empty: str) -> bool:
    if expected == INTENT:
        return len(found) == 1 and found[0].endswith(f" {empty} 0")
    return found == expected


def _write(root: Path, index: Path, wanted: Mapping[str, Slots], no_blob: str) -> None:
    lines: list[str] = []
    for path, after in wanted.items():
        lines.append(f"0 {no_blob}\t{path}\0")
        lines += [f"{slot}\t{path}\0" for slot in after if after != INTENT]
    plumb(root, "update-index", ["-z", "--index-info"], stdin=os.fsencode("".join(lines)), index=index)
    intended = "".join(f"{path}\0" for path, after in wanted.items() if after == INTENT)
    if intended:
        options = ["--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul"]
        plumb(root, "add", options, stdin=os.fsencode(intended), index=index)


@contextmanager
def _locked(root: Path) -> Iterator[Path]:
    """A copy of the index that takes its place in the end. No other git writes it meanwhile."""
    index = index_file(root).resolve()
    lock = index.with_name(f"{index.name}.lock")
    copy = index.with_name(f".{index.name}.{secrets.token_hex(8)}.coder")
    with _turn(index) as mark, _explained():
        _take(lock, mark)
        try:
            sweep(index)
            copy_index(index, copy)
            yield copy
            copy.replace(index)
        finally:
            copy.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


@contextmanager
def _turn(index: Path) -> Iterator[bytes]:
    """One coder at a time writes this index. Yields what marks a lock of git's as one that was taken in such
    a turn: found in another turn, whoever took it was killed."""
    from filelock import FileLock, Timeout

    key = hashlib.sha256(os.fsencode(index)).hexdigest()[:16]
    turns = data_folder() / "staging" / f"{key}.lock"
    with _explained():
        turns.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(turns, timeout=_WAIT_S):
                yield b"coder: " + os.fsencode(turns) + b"\n"
        except Timeout:
            raise RefusedError("Another coder is using the index; nothing was changed.") from None


def _take(lock: Path, mark: bytes) -> None:
    """Lock the index as git does."""
    with suppress(FileNotFoundError):
        if lock.read_bytes() == mark:
            lock.unlink()
    try:
        take_name(stage(lock, mark, 0o644), lock)
    except FileExistsError:
        raise RefusedError(
            "Another git command is using the index; nothing was changed.",
            hint=f"Let it end. If none is running, one has crashed: remove {lock}",
        ) from None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CoderError(f"The index cannot be written: {error.strerror or error}.") from error
