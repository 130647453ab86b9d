"""The SQLite file of the history: opened, made, and set aside where it is damaged."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from assistant.bench.history.generation import COUNTERS
from assistant.errors import CoderError

_VERSION = 1
# Nobody holds the lock for longer than a commit takes; an answer must not wait for one that hangs.
_WAIT_S = 0.5
# Making the file waits for the disk, several times.
_SET_UP_WAIT_S = 10.0
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_FILES = ("", "-wal", "-shm", "-journal")

_SUMS = ", ".join(f"{name} {'REAL' if name.endswith('_s') else 'INTEGER'} NOT NULL" for name in COUNTERS)
_KEY = "day TEXT NOT NULL, model TEXT NOT NULL, command TEXT NOT NULL, task TEXT NOT NULL"
# Sums are kept as generations come, so that a million of them are shown as quickly as ten.
_TABLES = (
    f"""CREATE TABLE generations (id INTEGER PRIMARY KEY, at REAL NOT NULL, {_KEY},
        speculate INTEGER NOT NULL, finish TEXT NOT NULL, version TEXT NOT NULL, {_SUMS},
        by_drafter TEXT NOT NULL)""",
    "CREATE INDEX generations_by_day ON generations (day)",
    f"""CREATE TABLE totals ({_KEY}, speculate INTEGER NOT NULL, generations INTEGER NOT NULL, {_SUMS},
        PRIMARY KEY (day, model, command, task, speculate)) WITHOUT ROWID""",
    f"""CREATE TABLE drafter_totals ({_KEY}, drafter TEXT NOT NULL, generations INTEGER NOT NULL,
        drafted INTEGER NOT NULL, accepted INTEGER NOT NULL,
        PRIMARY KEY (day, model, command, task, drafter)) WITHOUT ROWID""",
)


class HistoryError(CoderError):
    """The history cannot be read or written."""


class DamagedError(HistoryError):
    """The file is no database, or a broken one."""


def connect(file: Path) -> sqlite3.Connection:
    """The database at `file`, made where there is none. Raises HistoryError, of a broken one DamagedError."""
    with explained(file):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(file, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            if not _is_ready(database, file):
                _set_up(database, file)
            # A power cut may lose the last answers' counters, and never the file.
            database.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            database.close()
            raise
    return database


def set_aside(file: Path) -> Path:
    """Move a damaged database away and return where it is now. Raises HistoryError."""
    from filelock import FileLock

    aside = file.with_name(f"{file.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}")
    with explained(file), FileLock(file.with_name(f".{file.name}.lock")):
        if not _is_sound(file):  # else another process has done it meanwhile
            for suffix in _FILES:
                with contextlib.suppress(FileNotFoundError):
                    file.with_name(file.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def _is_sound(file: Path) -> bool:
    try:
        with contextlib.closing(connect(file)) as database, explained(file):
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except DamagedError:
        return False


@contextlib.contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn what SQLite and the disk raise into HistoryError."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            raise DamagedError(
                f"The history in {file} is damaged: {error}.",
                hint="It is set aside when the next answer is recorded.",
            ) from error
        raise _failed(file, error) from error
    except OSError as error:
        raise _failed(file, error) from error


def _failed(file: Path, error: Exception) -> HistoryError:
    return HistoryError(
        f"The history in {file} cannot be used: {error}.",
        hint="Answers are not affected. Make room, or turn it off: coder config set history off",
    )


def _is_ready(database: sqlite3.Connection, file: Path) -> bool:
    try:
        return _version(database, file) == _VERSION
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:  # another process is making it
            return False
        raise


def _version(database: sqlite3.Connection, file: Path) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise HistoryError(f"{file} was written by a newer coder, and is left alone.", hint="Update coder.")
    return version


def _set_up(database: sqlite3.Connection, file: Path) -> None:
    """Make the tables, one process at a time: SQLite does not wait where two change the kind of journal."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(file.with_name(f".{file.name}.new.lock"), timeout=_SET_UP_WAIT_S):
            if _version(database, file) == _VERSION:  # another process has done it meanwhile
                return
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {_VERSION}")
            database.execute("COMMIT")
    except Timeout as error:
        raise HistoryError(
            f"The history in {file} is being made by another process, which does not end."
        ) from error
