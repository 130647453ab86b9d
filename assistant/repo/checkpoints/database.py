"""The database that checkpoints lie in: one file, readable by its owner alone, durable at each commit."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import CoderError

_WAIT_S = 30.0
_VERSION = 1
_TABLES = (
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so the order needs no clock
        root BLOB NOT NULL,
        title TEXT NOT NULL,
        time REAL NOT NULL,
        undoes INTEGER,
        finished INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX turns_of_root ON turns (root)",
    """CREATE TABLE states (
        digest TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        mode INTEGER NOT NULL,
        content BLOB NOT NULL
    )""",
    """CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
        path BLOB NOT NULL,
        before TEXT NOT NULL REFERENCES states,
        after TEXT NOT NULL REFERENCES states,
        folders INTEGER NOT NULL
    )""",
    "CREATE INDEX changes_of_turn ON changes (turn)",
    "CREATE INDEX changes_before ON changes (before)",
    "CREATE INDEX changes_after ON changes (after)",
)


@contextlib.contextmanager
def transaction(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that shuts others out and is on disk when it is left. Raises CoderError."""
    try:
        with contextlib.closing(_connect(file)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                if database.in_transaction:  # a full disk has ended it already
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
    except (sqlite3.DatabaseError, OSError) as error:
        raise _explained(file, error) from error


def _connect(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # files may hold secrets
    database = sqlite3.connect(file, timeout=_WAIT_S, isolation_level=None)
    try:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA synchronous = EXTRA")
        if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            _set_up(database, file)
    except BaseException:
        database.close()
        raise
    return database


def _set_up(database: sqlite3.Connection, file: Path) -> None:
    database.execute("PRAGMA auto_vacuum = FULL")
    database.execute("BEGIN IMMEDIATE")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise CoderError(f"{file} was written by a newer coder.", hint="Update coder.")
    if version < _VERSION:  # else another process has done it meanwhile
        for table in _TABLES:
            database.execute(table)
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


def _explained(file: Path, error: sqlite3.DatabaseError | OSError) -> CoderError:
    if isinstance(error, OSError | sqlite3.OperationalError):
        return CoderError(
            f"Checkpoints cannot be kept in {file}: {error}.",
            hint="Nothing is changed without one. Make room, or set CODER_HOME to another folder.",
        )
    return CoderError(
        f"The checkpoints in {file} are damaged: {error}.",
        hint="Move that file away: new ones are kept from then on, older changes cannot be taken back.",
    )
