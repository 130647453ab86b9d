"""Make planned changes: all of them, or none."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from assistant.agent.edits.plan import PlannedChange
from assistant.errors import RefusedError
from assistant.repo.checkpoints.state import ABSENT, FileState
from assistant.repo.creation import create_source, delete_source, mode_on_disk
from assistant.repo.files import check_unchanged, put_back, require_writable, write_all

Record = Callable[[Mapping[str, FileState]], None]


def apply(planned: Sequence[PlannedChange], record: Record | None = None) -> None:
    """`record` is told first what will lie at each path, relative to the root. Raises CoderError and leaves
    all files as they were where one is not as it was read, or cannot be written. Another's change meanwhile
    is never overwritten."""
    _require_as_planned(planned)  # what is not done is not to be taken back
    if record:
        record(_states(planned))
    rewritten = [(each.old, each.new) for each in planned if each.old and each.new]
    with ExitStack() as undo:
        for each in planned:
            if each.new and not each.old:
                undo.callback(delete_source, each.new, create_source(each.new))
        for (old, _), now in zip(rewritten, write_all([(a, b.text) for a, b in rewritten]), strict=True):
            undo.callback(put_back, now, old)
        for each in planned:
            if each.old and not each.new:
                delete_source(each.old)
                undo.callback(create_source, each.old)
        undo.pop_all()


def _require_as_planned(planned: Sequence[PlannedChange]) -> None:
    for each in planned:
        if each.old:
            check_unchanged(each.old)
        if each.old and each.new:
            require_writable(each.old)
        elif each.new and os.path.lexists(each.new.path):
            raise RefusedError(f"{each.new.shown} exists already; it was left alone.")


def _states(planned: Sequence[PlannedChange]) -> dict[str, FileState]:
    gone = {each.old.shown: ABSENT for each in planned if each.old and not each.new}
    there = {
        each.new.shown: FileState("file", each.new.raw, each.old.mode if each.old else mode_on_disk(each.new))
        for each in planned
        if each.new
    }
    return gone | there
