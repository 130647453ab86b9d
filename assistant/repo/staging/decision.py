"""A decision about a change that can be taken back as long as nobody else has touched what it did."""

from dataclasses import dataclass
from pathlib import Path

from assistant.errors import RefusedError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.git import plumb
from assistant.repo.staging.index import IndexChange, change_index


@dataclass(frozen=True, slots=True)
class Decision:
    """What was done, in words: to the index, to the working tree as a turn of the checkpoints, or to HEAD,
    which was moved from one commit (empty: there was none) to another."""

    title: str
    index: tuple[IndexChange, ...] = ()
    turn: int | None = None
    head: tuple[str, str] | None = None


def take_back(root: Path, decision: Decision) -> None:
    """Undo a decision. Raises RefusedError, and changes nothing, where something has changed since."""
    undo = None
    if decision.turn is not None:
        checkpoints = open_checkpoints(root)
        undo = plan_undo(checkpoints, turn=decision.turn)
        if undo.conflicts:
            raise RefusedError(f"{undo.conflicts[0].path} changed since; it was left alone.")
    change_index(root, [IndexChange(each.path, each.after, each.before) for each in decision.index])
    if undo is not None:
        apply_undo(checkpoints, undo)
    if decision.head is not None:
        _move_head(root, *decision.head)


def _move_head(root: Path, before: str, after: str) -> None:
    """From `after` back to `before`; git refuses where HEAD has moved on."""
    where = ["HEAD", before, after] if before else ["-d", "HEAD", after]
    plumb(root, "update-ref", ["-m", "coder: take back a commit", *where])
