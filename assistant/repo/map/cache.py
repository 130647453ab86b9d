"""Tags of the contents seen before: one SQLite file for each repository.

Nothing in it is precious. Processes may share it, and it may be deleted at any time. Where it is damaged it
is built anew, and where it cannot be kept it lives in memory; both are said in `notes`.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.errors import CoderError
from assistant.repo.map.packed import PackedTags

_VERSION = 1  # of the tables, and of what the tags queries find
_WAIT_S = 10.0
_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_SPARE_CONTENTS = 1000
_AT_ONCE = 500
_TABLES = {
    "files": "path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest BLOB, left_out TEXT NOT NULL",
    "contents": """digest BLOB PRIMARY KEY,
        declarations BLOB NOT NULL, uses BLOB NOT NULL, outline TEXT NOT NULL""",
}


class CacheFailedError(CoderError):
    """The cache cannot be read or written. `is_damage` where a new one would work."""

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__(f"{error}")
        self.is_damage = getattr(error, "sqlite_errorcode", None) in _DAMAGE


@dataclass(frozen=True, slots=True)
class SeenFile:
    """`stamp` tells whether a file is as it was; `left_out` says why there is no `digest`."""

    path: str
    stamp: str
    digest: bytes | None
    left_out: str = ""


class TagCache:
    """The cache in `folder` of the repository at `root`. Methods raise CacheFailedError; see `recover`."""

    def __init__(self, folder: Path, root: Path) -> None:
        key = hashlib.blake2b(str(root).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        self._file = folder / f"{key}.sqlite3"
        self.notes: list[str] = []
        self._is_anew = self._is_in_memory = False
        self._database = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def recover(self, failure: CacheFailedError) -> None:
        """Go on after a failure: with a new file where it was damaged, else in memory. Raises `failure` where
        that is what failed."""
        self._database.close()
        if self._is_in_memory:
            raise failure
        self._database = self._anew() if failure.is_damage and not self._is_anew else self._in_memory(failure)

    def seen(self) -> dict[str, SeenFile]:
        """The files as they were when they were last read, by path."""
        return {
            row[0]: SeenFile(*row) for row in self._read("SELECT path, stamp, digest, left_out FROM files")
        }

    def digests(self) -> set[bytes]:
        """The contents whose tags are known."""
        return {row[0] for row in self._read("SELECT digest FROM contents")}

    def declarations(self) -> dict[bytes, bytes]:
        """The packed declarations of every content."""
        return dict(self._read("SELECT digest, declarations FROM contents"))

    def references(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The packed references of these contents."""
        return self._column("uses", digests)

    def outlines(self, digests: Iterable[bytes]) -> dict[bytes, str]:
        """The packed outlines of these contents."""
        return self._column("outline", digests)

    def add(self, contents: Iterable[tuple[bytes, PackedTags]], files: Iterable[SeenFile]) -> None:
        """Keep tags, and what files are now."""
        tags = [(digest, one.declarations, one.references, one.outline) for digest, one in contents]
        rows = [(one.path, one.stamp, one.digest, one.left_out) for one in files]
        with self._writing() as database:
            database.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)", tags)
            database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop files that are gone. Contents stay, so that a branch which is taken up again needs no
        reading, until those of no file are more than those of some."""
        with self._writing() as database:
            database.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])
            (kept,) = database.execute("SELECT count(*) FROM contents").fetchone()
            (needed,) = database.execute("SELECT count(DISTINCT digest) FROM files").fetchone()
            if kept > 2 * needed + _SPARE_CONTENTS:
                needless = "digest NOT IN (SELECT digest FROM files WHERE digest NOT NULL)"
                database.execute(f"DELETE FROM contents WHERE {needless}")

    def _column(self, name: str, digests: Iterable[bytes]) -> dict[bytes, Any]:
        wanted = list(digests)
        parts = (wanted[i : i + _AT_ONCE] for i in range(0, len(wanted), _AT_ONCE))
        query = f"SELECT digest, {name} FROM contents WHERE digest IN "
        return dict(chain.from_iterable(self._read(f"{query}({','.join('?' * len(p))})", p) for p in parts))

    def _read(self, query: str, values: Sequence[bytes] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise CacheFailedError(error) from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:
                yield self._database
        except sqlite3.Error as error:
            raise CacheFailedError(error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _connect(str(self._file))
        except OSError as error:
            return self._in_memory(error)
        except sqlite3.Error as error:
            failure = CacheFailedError(error)
            return self._anew() if failure.is_damage else self._in_memory(failure)

    def _anew(self) -> sqlite3.Connection:
        self._is_anew = True
        self.notes.append("The cache of the repository map was damaged and is built anew.")
        try:
            for suffix in ("", "-journal"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
            return _connect(str(self._file))
        except (OSError, sqlite3.Error) as error:
            return self._in_memory(error)

    def _in_memory(self, reason: Exception) -> sqlite3.Connection:
        self._is_in_memory = True
        self.notes.append(f"The map of the repository is not kept for the next time: {reason}.")
        return _connect(":memory:")


def _connect(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA synchronous = NORMAL")
        if _version(database) != _VERSION:
            _set_up(database)
    except BaseException:
        database.close()
        raise
    return database


def _set_up(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    if _version(database) != _VERSION:  # else another process has done it meanwhile
        for table, columns in _TABLES.items():
            database.execute(f"DROP TABLE IF EXISTS {table}")
            database.execute(f"CREATE TABLE {table} ({columns})")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version
