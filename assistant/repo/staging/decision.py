"""A decision about a change that can be taken back as long as nobody else has touched what it did."""

from dataclasses import dataclass
from pathlib import Path

from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.staging.index import IndexChange, change_index


@dataclass(frozen=True, slots=True)
class Decision:
    """What was done, in words, to the index, and to the working tree as a turn of the checkpoints."""

    title: str
    index: tuple[IndexChange, ...] = ()
    turn: int | None = None


def take_back(root: Path, decision: Decision) -> None:
    """Undo a decision. Raises RefusedError, and changes nothing, where something has changed since."""
    undo = None
    if decision.turn is not None:
        checkpoints = open_checkpoints(root)
        undo = plan_undo(checkpoints, turn=decision.turn)
    change_index(root, [IndexChange(each.path, each.after, each.before) for each in decision.index])
    if undo is not None:
        apply_undo(checkpoints, undo)
