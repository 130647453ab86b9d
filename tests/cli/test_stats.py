"""`coder stats` as a user runs it: what commands record, plots, data, and deletion."""

import csv
import io
import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.bench.history import Generation, History, history_file
from assistant.cli import setup
from assistant.errors import ExitCode
from tests.agent.agent_run import CHECK, DONE, FIX, root, script
from tests.bench.history.made import generation
from tests.cli.coder import coder
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
TODAY = date.today().isoformat()


@pytest.fixture
def worked() -> None:
    """A history of two days, a benchmark, and one that a wrong clock dated."""
    old = (date.today() - timedelta(days=9)).isoformat()
    with History(history_file()) as history:
        history.add([generation(TODAY), generation(old, task="read"), generation(TODAY, command="bench")])
        history.add([generation("2099-01-01")])


def document(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(coder("stats", "--json", *options).out)
    return found


def test_agent_and_fix_are_recorded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = script(FIX, DONE)
    monkeypatch.chdir(root)
    monkeypatch.setattr(setup, "load_generator", lambda *args, **options: ScriptedGenerator(*answers))
    assert coder("run", "Make add add.", "--test", CHECK, "--yes").code == 0
    found = document()
    assert [(total["key"], total["generations"]) for total in found["by_task"]] == [
        ("answer", 1),
        ("edit", 1),
    ]
    assert [total["key"] for total in found["by_command"]] == ["run"]
    monkeypatch.setenv("CODER_HISTORY", "off")
    answers[:] = ["I do not know."]
    coder("fix", "calc.py", "-m", "add is wrong", "--yes", "--tries", "1")
    assert document()["generations"] == 2
    monkeypatch.delenv("CODER_HISTORY")
    answers[:] = ["I do not know."]
    coder("fix", "calc.py", "-m", "add is wrong", "--yes", "--tries", "1")
    assert [total["key"] for total in document()["by_command"]] == ["fix", "run"]


@pytest.mark.usefixtures("worked")
def test_plots() -> None:
    ran = coder("stats")
    assert ran.code == ExitCode.DONE
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    (today,) = [line.split() for line in lines if line.startswith(TODAY)]
    assert today == [TODAY, "1", "30", "75%", "3.00", "15.0", "█" * 20]
    assert any(line.split() == ["lookup", "3", "60", "45", "75%", "█" * 15] for line in lines)
    assert "1 generations are dated 2099-01-01 or later" in ran.out


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("options", "generations"),
    [
        ([], 3),
        (["--since", "7d"], 2),
        (["--since", TODAY], 2),
        (["--since", "2w"], 3),
        (["--command", "bench"], 1),
        (["--model", "other"], 0),
    ],
)
def test_what_counts(options: list[str], generations: int) -> None:
    assert document(*options)["generations"] == generations


@pytest.mark.usefixtures("worked")
def test_every_generation_as_csv_and_json_lines() -> None:
    rows = list(csv.DictReader(io.StringIO(coder("stats", "--csv").out)))
    lines = [json.loads(line) for line in coder("stats", "--json-lines").out.splitlines()]
    assert [row["task"] for row in rows] == [line["task"] for line in lines] == ["edit", "read", "edit"]
    assert json.loads(rows[0]["by_drafter"]) == lines[0]["by_drafter"] == {"lookup": [20, 15]}


@pytest.mark.parametrize("days", [-1, -3652, 3652])
@pytest.mark.parametrize("looked_at_then", [False, True])
def test_a_clock_that_jumps_loses_nothing(
    days: int, looked_at_then: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, wrong = time.time(), time.time() + days * 86_400
    with History(history_file()) as history:
        for moment in (now, wrong, now):
            monkeypatch.setattr("time.time", lambda moment=moment: moment)
            made = generation()
            history.add(
                [
                    Generation.now(
                        model="m", command="run", task="edit", speculate=True, finish="stop", stats=made.stats
                    )
                ]
            )
    if looked_at_then:
        moved = type("Moved", (date,), {"today": lambda: date.fromtimestamp(wrong)})
        monkeypatch.setattr("assistant.cli.stats_command.date", moved)
    assert document()["generations"] == 3
    assert "run" in coder("stats").out
    for options in ([], ["--csv"], ["--json-lines"], ["--since", "7d"], ["--since", "1y"]):
        assert coder("stats", *options).code == ExitCode.DONE


@pytest.mark.usefixtures("worked")
def test_deletion_needs_consent() -> None:
    assert coder("stats", "--delete").code == ExitCode.REFUSED
    assert coder("stats", "--delete", "--yes", "--since", "7d").code == ExitCode.USAGE
    assert document()["generations"] == 3
    assert coder("stats", "--delete", "--yes").err == "Deleted 4 generations.\n"
    assert document()["generations"] == 0


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "99999y"])
def test_no_date(when: str) -> None:
    assert coder("stats", "--since", when).code == ExitCode.USAGE


def test_no_history_and_a_damaged_one() -> None:
    assert "no such history yet" in coder("stats").err
    history_file().write_bytes(b"nonsense" * 999)
    ran = coder("stats")
    assert (ran.code, "is damaged" in ran.err, "set aside" in ran.err) == (1, True, True)
