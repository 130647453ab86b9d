"""Take a turn back, or an undo: what would happen to each file, and doing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.checkpoints.state import FileState, read_state, remove_empty_folders, write_states
from assistant.repo.checkpoints.store import Checkpoints
from assistant.repo.checkpoints.turn import FileRecord, TurnRecord

Verdict = Literal["restore", "already", "changed since"]


@dataclass(frozen=True, slots=True)
class FileUndo:
    """One file: as it is `now`, and as the turn found it (`back`). A file that somebody has `changed
    since` is brought back only by force."""

    path: str
    now: FileState
    back: FileState
    verdict: Verdict
    folders: int

    @property
    def action(self) -> str:
        """What bringing it back does to it."""
        if self.now == self.back:
            return "none"
        if self.back.kind == "absent":
            return "remove"
        if self.now.kind == "absent":
            return "create"
        same = (self.now.kind, self.now.content) == (self.back.kind, self.back.content)
        return "mode" if same else "restore"


@dataclass(frozen=True, slots=True)
class Undo:
    """What taking back `turn` does, in the files that were asked for."""

    turn: TurnRecord
    files: tuple[FileUndo, ...]

    @property
    def conflicts(self) -> tuple[FileUndo, ...]:
        return tuple(file for file in self.files if file.verdict == "changed since")


def plan_undo(checkpoints: Checkpoints, *, turn: int | None = None, paths: Sequence[str] = ()) -> Undo:
    """How to take back a turn, by default the latest that is not taken back, in all its files or in those
    at or below `paths`. Changes nothing. Raises UsageError, RefusedError, and CoderError where there is
    nothing to take back."""
    turns = checkpoints.turns()
    if turn is None:
        chosen = _latest([each for each in turns if each.undoes is None], paths)
    else:
        chosen = next((each for each in turns if each.id == turn), None)
        if chosen is None:
            raise UsageError(f"There is no turn {turn} here.", hint="coder undo --list shows what there is.")
    if chosen is None:
        where = f" in {', '.join(paths)}" if paths else ""
        raise CoderError(f"There is nothing to undo{where}.", hint="coder undo --list shows earlier changes.")
    return _plan(checkpoints, chosen, paths, turns)


def plan_redo(checkpoints: Checkpoints, *, paths: Sequence[str] = ()) -> Undo:
    """How to take back the latest undo. Raises what `plan_undo` does."""
    turns = checkpoints.turns()
    chosen = _latest([each for each in turns if each.undoes is not None], paths)
    if chosen is None:
        raise CoderError("There is nothing to redo.", hint="coder undo --list shows earlier changes.")
    return _plan(checkpoints, chosen, paths, turns)


def apply_undo(checkpoints: Checkpoints, undo: Undo, *, force: bool = False) -> int:
    """Take back as planned, as a turn of its own, whose id is returned. Raises RefusedError, and changes
    nothing, where a file was changed since, unless forced: what is overwritten is kept by this turn."""
    if undo.conflicts and not force:
        names = ", ".join(file.path for file in undo.conflicts)
        raise RefusedError(
            f"{names} changed since turn {undo.turn.id}; nothing was taken back.",
            hint="Name other files, undo the later change first, or --force: what is overwritten is kept.",
        )
    files = [file for file in undo.files if file.now != file.back]
    with checkpoints.turn(f"Undo of {undo.turn.id}: {undo.turn.title}", undoes=undo.turn.id) as turn:
        turn.record({file.path: file.back for file in undo.files})
        wanted = {file.path: file.back for file in files}
        write_states(checkpoints.root, wanted, {file.path: file.now for file in files})
        for file in files:
            if file.back.kind == "absent":
                remove_empty_folders(checkpoints.root, file.path, file.folders)
    assert turn.id is not None, "it has recorded something"
    return turn.id


def _plan(
    checkpoints: Checkpoints, turn: TurnRecord, paths: Sequence[str], turns: Sequence[TurnRecord]
) -> Undo:
    if not turn.finished and checkpoints.is_live(turn.id):
        raise RefusedError(f"Turn {turn.id} is still under way.", hint="Let that coder end, or stop it.")
    files = tuple(_selected(turn, paths))
    if not turn.active:
        raise CoderError(f"Turn {turn.id} was taken back before.", hint="coder undo --redo brings it again.")
    for path in paths:
        if not any(_is_below(file.path, path) for file in files):
            other = _latest(turns, [path])
            hint = f"It was last changed in turn {other.id}." if other else ""
            raise UsageError(f"Turn {turn.id} has not changed {path}, or not any more.", hint=hint)
    return Undo(turn, tuple(_of_file(checkpoints, file) for file in files))


def _of_file(checkpoints: Checkpoints, file: FileRecord) -> FileUndo:
    now = read_state(checkpoints.root, file.path)
    verdict: Verdict = "restore"
    if now.digest == file.first:
        verdict = "already"
    elif file.interleaved or now.digest not in file.known:
        verdict = "changed since"
    return FileUndo(file.path, now, checkpoints.state(file.first), verdict, file.folders)


def _latest(turns: Sequence[TurnRecord], paths: Sequence[str]) -> TurnRecord | None:
    return next((turn for turn in turns if any(_selected(turn, paths))), None)


def _selected(turn: TurnRecord, paths: Sequence[str]) -> Iterator[FileRecord]:
    for file in turn.active:
        if not paths or any(_is_below(file.path, path) for path in paths):
            yield file


def _is_below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(f"{folder}/")
