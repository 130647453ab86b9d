"""Make planned changes: all of them, or none."""

from collections.abc import Sequence
from contextlib import ExitStack

from assistant.agent.edits.plan import PlannedChange
from assistant.repo.creation import create_source, delete_source
from assistant.repo.files import put_back, write_all


def apply(planned: Sequence[PlannedChange]) -> None:
    """Raises CoderError and leaves all files as they were where one is not as it was read, or cannot be
    written. Another's change meanwhile is never overwritten."""
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
