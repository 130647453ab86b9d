"""`coder bench` as a user runs it, with a scripted model."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.cli import setup
from assistant.errors import ExitCode
from tests.cli.coder import coder
from tests.scripted import ScriptedGenerator


class Scripted(ScriptedGenerator):
    """Answers the same for ever, until it is interrupted."""

    model = SimpleNamespace(path=Path("m.gguf"))
    context = SimpleNamespace(threads=2)

    def __init__(self, interrupted_after: int | None) -> None:
        answers = ["word " * 9] * (interrupted_after or 999)
        super().__init__(*answers, cost_curve=(0.0, 0.01))
        if interrupted_after:
            self._answers += [_Interruption()]  # type: ignore[list-item]


class _Interruption:
    def startswith(self, text: str) -> bool:
        raise KeyboardInterrupt


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many answers it is interrupted; empty for never."""
    interrupted_after: list[int] = []

    def load(*args: object, **options: object) -> Scripted:
        return Scripted(interrupted_after[0] if interrupted_after else None)

    monkeypatch.setattr(setup, "load_generator", load)
    return interrupted_after


@pytest.mark.usefixtures("model")
def test_tables_files_and_history(tmp_path: Path) -> None:
    page, text = tmp_path / "b.html", tmp_path / "b.md"
    ran = coder("bench", "--quick", "--html", str(page), "--markdown", str(text))
    assert ran.code == ExitCode.DONE, ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    names = [line.split()[0] for line in ran.out.split("\n\n")[0].splitlines()[1:]]
    assert names == ["boilerplate", "tests", "refactoring", "algorithm", "free-form"]
    assert "<svg" in page.read_text() and "| refactoring |" in text.read_text()
    totals = json.loads(coder("stats", "--json", "--command", "bench").out)
    assert totals["generations"] == 5 * 3 * 2 * 2 + 1


@pytest.mark.usefixtures("model")
def test_by_name_and_against_an_earlier_run(tmp_path: Path) -> None:
    then = tmp_path / "then.json"
    then.write_text(coder("bench", "rewrite-70", "code", "--rounds", "1", "--json").out)
    found = json.loads(coder("bench", "code", "free-form", "--quick", "--json", "--against", str(then)).out)
    assert [task["task"] for task in found["tasks"]] == ["code", "free-form"]
    assert [change["task"] for change in found["against"]] == ["code"]
    assert (found["stopped"], found["tasks"][0]["speedup_interval_95"]) == (None, [1.0, 1.0])
    speeds = json.loads(coder("cost", "--json", "--bench", str(then)).out)["inputs"]
    assert speeds["plain_tps"] == pytest.approx(50.0)


def test_an_interruption_keeps_and_marks_what_there_is(model: list[int]) -> None:
    model.append(6)
    ran = coder("bench", "algorithm", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["stopped"]) == (ExitCode.INTERRUPTED, "interrupted")
    assert [task["measured_requests"] for task in found["tasks"]] == [2]


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["no-such"], "There is no task 'no-such'"),
        (["--suite", "humaneval"], "--data"),
        (["--suite", "exams", "--data", "x"], "no suite 'exams'"),
        (["--suite", "mbpp", "--data", "none.jsonl"], "cannot be read"),
        (["--against", "none.json"], "cannot be read"),
        (["--simulate", "v4-pro"], "the limit of a turn"),
        (["--simulate", "v9", "--budget", "30"], "'v9'"),
        (["--simulate", "v4-pro", "--budget", "30"], "without DSpark"),
        (["--simulate", "v4-pro", "--budget", "30", "--base-tps", "40"], "no history"),
        (["--simulate", "v4-pro", "--budget", "30", "--base-tps", "-4", "--turn-median", "1"], "belong"),
    ],
)
def test_refusals(options: list[str], said: str) -> None:
    ran = coder("bench", *options)
    assert (ran.code, said in ran.err) == (ExitCode.USAGE, True), ran.err


@pytest.mark.usefixtures("model")
def test_turns_under_a_limit() -> None:
    found = json.loads(coder("bench", "algorithm", "--quick", "--budget", "30", "--json").out)
    assert [(way["way"], way["finished"], way["timeouts"]) for way in found["ways"]] == [
        ("plain", 3, 0),
        ("speculative", 3, 0),
    ]
    assert found["simulated"] is None


def test_a_simulation_says_that_it_is_one() -> None:
    turns = ["--base-tps", "40", "--turn-median", "20000", "--turn-p90", "90000"]
    ran = coder("bench", "--budget", "30", "--simulate", "v4-flash", *turns)
    assert ran.code == ExitCode.DONE and ran.out.startswith("SIMULATED, not measured: v4-flash")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "…" not in ran.out and "MTP-1" in ran.out
