"""Generations added, added up and taken out again."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from assistant.bench.history.database import connect, explained
from assistant.bench.history.generation import COUNTERS, Generation
from assistant.catalog.locations import data_folder
from assistant.engine.stats import DraftCount, Stats

Group = Literal["day", "task", "model", "command"]
COLUMNS = ("at", "day", "model", "command", "task", "speculate", "finish", "version", *COUNTERS, "by_drafter")
_ADDED = ", ".join(f"{name} = {name} + excluded.{name}" for name in ("generations", *COUNTERS))
_INSERT = f"INSERT INTO generations ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{n}' for n in COLUMNS)})"
_ADD = (
    f"INSERT INTO totals VALUES (:day, :model, :command, :task, :speculate, 1, "
    f"{', '.join(f':{name}' for name in COUNTERS)}) ON CONFLICT DO UPDATE SET {_ADDED}"
)
_ADD_DRAFTER = """INSERT INTO drafter_totals
    VALUES (:day, :model, :command, :task, :drafter, 1, :drafted, :accepted)
    ON CONFLICT DO UPDATE SET generations = generations + 1,
    drafted = drafted + excluded.drafted, accepted = accepted + excluded.accepted"""


def history_file() -> Path:
    """Where the history is kept."""
    return data_folder() / "history.sqlite3"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which generations count: of the days from `since` on, of this model, of this command. Benchmarks
    count only where `command` asks for them: they are no work."""

    since: str | None = None
    model: str | None = None
    command: str | None = None
    speculate: bool | None = None

    def where(self) -> tuple[str, dict[str, object]]:
        """As a WHERE clause with its values."""
        conditions = {
            "since": "day >= :since",
            "model": "model = :model",
            "command": "command = :command",
            "speculate": "speculate = :speculate",
        }
        values = {name: getattr(self, name) for name in conditions}
        chosen = [text for name, text in conditions.items() if values[name] is not None]
        if self.command is None:
            chosen.append("command <> 'bench'")
        return " AND ".join(chosen) or "1", values


@dataclass(frozen=True, slots=True)
class Total:
    """The counters of `generations` that share `key`, added up; `ttft_s` is their mean."""

    key: str
    generations: int
    stats: Stats = field(default_factory=Stats)

    def as_dict(self) -> dict[str, object]:
        return {"key": self.key, "generations": self.generations, **self.stats.as_dict()}


class History:
    """The database at `file`. Threads and processes may share it. Everything raises HistoryError."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._database = connect(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def add(self, generations: Iterable[Generation]) -> None:
        """Keep them, all or none."""
        with self._writing() as database:
            for generation in generations:
                row = generation.row()
                database.execute(_INSERT, row)
                database.execute(_ADD, row)
                for name, count in generation.stats.by_drafter.items():
                    counted = {"drafter": name, "drafted": count.drafted, "accepted": count.accepted}
                    database.execute(_ADD_DRAFTER, row | counted)

    def totals(self, by: Group, which: Filter) -> list[Total]:
        """Added up for each value of `by`, in its order."""
        where, values = which.where()
        sums = ", ".join(f"sum({name})" for name in ("generations", *COUNTERS))
        rows = self._read(
            f"SELECT {by}, {sums} FROM totals WHERE {where} GROUP BY {by} ORDER BY {by}", values
        )
        return [_total(*row) for row in rows]

    def by_drafter(self, which: Filter) -> list[Total]:
        """Tokens drafted and accepted by each drafter; its other counters are not known and 0."""
        where, values = replace(which, speculate=None).where()  # plain decoding has no drafter
        rows = self._read(
            f"""SELECT drafter, sum(generations), sum(drafted), sum(accepted) FROM drafter_totals
                WHERE {where} GROUP BY drafter ORDER BY sum(accepted) DESC, drafter""",
            values,
        )
        return [
            Total(name, generations, Stats(by_drafter={name: DraftCount(drafted, accepted)}))
            for name, generations, drafted, accepted in rows
        ]

    def lengths(self, which: Filter, most: int = 10_000) -> list[int]:
        """Tokens emitted by each of the last generations, the latest first."""
        where, values = which.where()
        rows = self._read(
            f"SELECT emitted FROM generations WHERE {where} ORDER BY id DESC LIMIT {most:d}", values
        )
        return [emitted for (emitted,) in rows if emitted]

    def rows(self, which: Filter) -> Iterator[dict[str, Any]]:
        """Every generation as it was recorded, in the order in which they were."""
        where, values = which.where()
        names = ", ".join(COLUMNS)
        with explained(self.file):
            for row in self._database.execute(
                f"SELECT {names} FROM generations WHERE {where} ORDER BY id", values
            ):
                found = dict(zip(COLUMNS, row, strict=True))
                yield found | {"by_drafter": json.loads(found["by_drafter"])}

    def count(self) -> tuple[int, str, str]:
        """How many generations there are, and the first and last day of them."""
        ((count, first, last),) = self._read(
            "SELECT total(generations), coalesce(min(day), ''), coalesce(max(day), '') FROM totals",
            {},
        )
        return int(count), first, last

    def delete(self) -> None:
        """Forget everything: what was deleted does not stay in the file."""
        with self._writing() as database:
            for table in ("generations", "totals", "drafter_totals"):
                database.execute(f"DELETE FROM {table}")
        with explained(self.file):
            self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _read(self, query: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        with explained(self.file):
            return self._database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with explained(self.file):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                if self._database.in_transaction:  # a full disk has ended it already
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _total(key: str, generations: int, *sums: float) -> Total:
    counters: dict[str, Any] = dict(zip(COUNTERS, sums, strict=True))
    drafted, accepted = counters.pop("drafted"), counters.pop("accepted")
    counters["ttft_s"] /= generations
    return Total(key, generations, Stats(**counters, by_drafter={"": DraftCount(drafted, accepted)}))
