"""Keeps turns: adds, lists and finishes them, and forgets the oldest."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.catalog.locations import data_folder
from assistant.errors import CoderError
from assistant.repo.atomic import sweep
from assistant.repo.checkpoints.database import transaction
from assistant.repo.checkpoints.state import FileState, locate, missing_folders, read_state
from assistant.repo.checkpoints.turn import FileRecord, Turn, TurnRecord
from assistant.repo.files import SourceFile, write_source

MAX_BYTES = 512 * 2**20
_Change = tuple[int, bytes, str, str, int]


def open_checkpoints(root: Path) -> "Checkpoints":
    """The checkpoints of the repository or folder `root`, in coder's data folder."""
    return Checkpoints(data_folder() / "checkpoints", root)


def write_recorded(source: SourceFile, text: str, title: str) -> SourceFile:
    """`write_source` as a turn of its own, in the checkpoints of the source's root."""
    with open_checkpoints(source.root).turn(title) as turn:
        return write_source(source, text, turn.keep)


class Checkpoints:
    """The turns of one root. `folder` may serve many roots and processes at once; the file in it is bounded
    by `max_bytes`: the oldest turns go first."""

    def __init__(self, folder: Path, root: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.root = root.resolve()
        self._folder = folder
        self._file = folder / "checkpoints.sqlite"
        self._max_bytes = max_bytes
        self._locks: dict[int, FileLock] = {}

    def turn(self, title: str, *, undoes: int | None = None) -> Turn:
        """A turn to record changes in."""
        return Turn(self, title, undoes)

    def turns(self) -> list[TurnRecord]:
        """All turns, the latest first. Turns whose process was killed are brought in line with what lies
        on disk before. Raises CoderError."""
        if not self._file.exists():
            return []
        with transaction(self._file) as database:
            self._settle_dead(database)
            return self._turns(database)

    def state(self, digest: str) -> FileState:
        """Raises CoderError for one that is not kept."""
        with transaction(self._file) as database:
            query = "SELECT kind, content, mode FROM states WHERE digest = ?"
            row = database.execute(query, (digest,)).fetchone()
        if row is None:
            raise CoderError("What the file was is no longer kept.", hint="The oldest changes are forgotten.")
        return FileState(*row)

    def add(self, turn: Turn, changes: Mapping[str, FileState]) -> int:
        """Record changes of a turn, and begin it where it is not begun; returns its id. See Turn.record."""
        before = {path: read_state(self.root, path) for path in changes}
        with contextlib.ExitStack() as failed, transaction(self._file) as database:
            number = turn.id or self._begin(database, turn)
            if turn.id is None:
                failed.callback(self._unlock, number)
            for path, after in changes.items():
                for state in (before[path], after):
                    database.execute(
                        "INSERT OR IGNORE INTO states (digest, kind, mode, content) VALUES (?, ?, ?, ?)",
                        (state.digest, state.kind, state.mode, state.content),
                    )
                folders = missing_folders(self.root, path) if before[path].kind == "absent" else 0
                database.execute(
                    "INSERT INTO changes (turn, path, before, after, folders) VALUES (?, ?, ?, ?, ?)",
                    (number, os.fsencode(path), before[path].digest, after.digest, folders),
                )
            self._prune(database, number)
            failed.pop_all()
        return number

    def finish(self, turn: int) -> None:
        """See Turn.finish."""
        try:
            with transaction(self._file) as database:
                self._settle(database, turn)
        finally:
            self._unlock(turn)

    def is_live(self, turn: int) -> bool:
        """Whether the process that began the turn is still at it."""
        lock = self._lock_of(turn)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        self._lock_file(turn).unlink(missing_ok=True)
        return False

    def _begin(self, database: sqlite3.Connection, turn: Turn) -> int:
        self._settle_dead(database)
        title = " ".join(turn.title.split()).encode("utf-8", "replace").decode()
        begun = database.execute(
            "INSERT INTO turns (root, title, time, undoes) VALUES (?, ?, ?, ?)",
            (self._root_key, title, time.time(), turn.undoes),
        )
        number = begun.lastrowid
        assert number is not None, "an insert has a row"
        lock = self._lock_of(number)
        lock.acquire(timeout=0)
        self._locks[number] = lock
        return number

    def _turns(self, database: sqlite3.Connection) -> list[TurnRecord]:
        query = "SELECT id, title, time, undoes, finished FROM turns WHERE root = ? ORDER BY id DESC"
        taken_back: set[tuple[int, str]] = set()
        turns = []
        for number, title, at, undoes, finished in database.execute(query, (self._root_key,)):
            files = tuple(
                replace(file, undone=(number, file.path) in taken_back)
                for file in _files(_changes(database, number))
            )
            if undoes is not None:  # an undo that was itself undone takes nothing back
                taken_back |= {(undoes, file.path) for file in files if not file.undone}
            turns.append(TurnRecord(number, title, at, undoes, bool(finished), files))
        return turns

    def _settle_dead(self, database: sqlite3.Connection) -> None:
        query = "SELECT id FROM turns WHERE root = ? AND NOT finished"
        for (number,) in database.execute(query, (self._root_key,)).fetchall():
            if number not in self._locks and not self.is_live(number):
                for file in _files(_changes(database, number)):
                    sweep(locate(self.root, file.path))
                self._settle(database, number)

    def _settle(self, database: sqlite3.Connection, turn: int) -> None:
        """Forget what was recorded and did not happen, and close the turn."""
        for file in _files(_changes(database, turn)):
            if file.known == {file.first}:
                continue  # an undo that found it as it should be
            with contextlib.suppress(CoderError):  # a folder in its place is a change too
                if read_state(self.root, file.path).digest == file.first:
                    row = (turn, os.fsencode(file.path))
                    database.execute("DELETE FROM changes WHERE turn = ? AND path = ?", row)
        database.execute("UPDATE turns SET finished = 1 WHERE id = ?", (turn,))
        database.execute(
            "DELETE FROM turns WHERE id = ? AND NOT EXISTS (SELECT 1 FROM changes WHERE turn = turns.id)",
            (turn,),
        )

    def _prune(self, database: sqlite3.Connection, current: int) -> None:
        """Forget the oldest finished turns until what is left fits."""
        query = "SELECT id FROM turns WHERE finished AND id != ? ORDER BY id"
        oldest: Iterator[tuple[int]] = iter(database.execute(query, (current,)).fetchall())
        while _size(database) > self._max_bytes and (turn := next(oldest, None)):
            database.execute("DELETE FROM turns WHERE id = ?", turn)
            database.execute(
                "DELETE FROM states WHERE NOT EXISTS (SELECT 1 FROM changes WHERE before = digest)"
                " AND NOT EXISTS (SELECT 1 FROM changes WHERE after = digest)"
            )

    def _unlock(self, turn: int) -> None:
        if lock := self._locks.pop(turn, None):
            lock.release()
            self._lock_file(turn).unlink(missing_ok=True)

    @property
    def _root_key(self) -> bytes:
        return os.fsencode(self.root)

    def _lock_of(self, turn: int) -> FileLock:
        return FileLock(self._lock_file(turn), thread_local=False)

    def _lock_file(self, turn: int) -> Path:
        return self._folder / f"turn-{turn}.lock"


def _changes(database: sqlite3.Connection, turn: int) -> Sequence[_Change]:
    query = "SELECT id, path, before, after, folders FROM changes WHERE turn = ? ORDER BY path, id"
    return database.execute(query, (turn,)).fetchall()


def _files(changes: Sequence[_Change]) -> Iterator[FileRecord]:
    for path, group in groupby(changes, key=lambda change: change[1]):
        rows = list(group)
        known = {rows[0][2]}
        interleaved = False
        for _, _, before, after, _ in rows:
            interleaved |= before not in known
            known |= {before, after}
        yield FileRecord(
            os.fsdecode(path), rows[0][2], rows[-1][3], frozenset(known), interleaved, rows[0][4]
        )


def _size(database: sqlite3.Connection) -> int:
    """Bytes that the database takes, without reading all of it."""
    pages, free, bytes_a_page = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * bytes_a_page
