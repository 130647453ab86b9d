"""One turn: the changes that are made, and taken back, together."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from assistant.errors import CoderError
from assistant.repo.checkpoints.state import FileState
from assistant.repo.files import SourceFile


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a turn did to one file, as digests of its states: `first` before the turn, `last` after it,
    `known` all that the turn saw or wrote. `interleaved` is set where somebody else changed the file
    between two changes of the turn. `folders` were made for it."""

    path: str
    first: str
    last: str
    known: frozenset[str]
    interleaved: bool
    folders: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn as it was recorded. `time` is in seconds since the epoch; `undoes` names the turn that this
    one took back, wholly or in part. Only a turn that is under way or was killed is not `finished`."""

    id: int
    title: str
    time: float
    undoes: int | None
    finished: bool
    files: tuple[FileRecord, ...]

    @property
    def active(self) -> tuple[FileRecord, ...]:
        """The files whose change has not been taken back."""
        return tuple(file for file in self.files if not file.undone)


class Journal(Protocol):
    """Where a turn is recorded."""

    def add(self, turn: "Turn", changes: Mapping[str, FileState]) -> int: ...

    def finish(self, turn: int) -> None: ...


class Turn:
    """Records changes before they are made. It is begun by its first change: one that changes nothing
    leaves no trace. `id` is None until then."""

    def __init__(self, journal: Journal, title: str, undoes: int | None = None) -> None:
        self._journal = journal
        self.title = title
        self.undoes = undoes
        self.id: int | None = None

    def record(self, changes: Mapping[str, FileState]) -> None:
        """Keep what lies at these paths, relative to the root, and what will lie there. It is on disk when
        this returns. Raises RefusedError or CoderError, and then nothing may be changed."""
        self.id = self._journal.add(self, changes)

    def keep(self, changes: Sequence[tuple[SourceFile, bytes]]) -> None:
        """`record` for `write_all`."""
        self.record({source.shown: FileState("file", new, source.mode) for source, new in changes})

    def finish(self) -> None:
        """All changes are made. What was recorded and is not there, because it failed or was taken back
        at once, is forgotten."""
        if self.id is not None:
            self._journal.finish(self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What this leaves open is settled by whoever comes next: the changes themselves are made.
        with contextlib.suppress(CoderError):
            self.finish()
