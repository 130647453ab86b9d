"""What of a change the passing test does not need: `fix` drops it and `run` keeps it; both show it."""

import json
from pathlib import Path

import pytest

from assistant.agent import execute, fix
from assistant.cli import setup
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, root, script
from tests.cli.coder import coder
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
REST, OTHER = "\n\ndef double(x):\n    return 2 * x\n", "\n\ndef double(x):\n    return x + x\n"
# Without the change of `double` it never ends.
HANGS = f"{CHECK} && (grep -q 'x + x' calc.py || sleep 60)"


@pytest.fixture
def answers(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (root / "calc.py").write_text(BUGGY + REST)
    found: list[str] = []
    monkeypatch.chdir(root)
    monkeypatch.setattr(setup, "load_generator", lambda *args, **options: ScriptedGenerator(*found))
    return found


@pytest.mark.parametrize(("seconds", "after"), [(60.0, FIXED + REST), (0.0, FIXED + OTHER)])
def test_fix_drops_it(
    root: Path, answers: list[str], monkeypatch: pytest.MonkeyPatch, seconds: float, after: str
) -> None:
    monkeypatch.setattr(fix, "_REDUCING_S", seconds)
    answers.append(f"```python\n{FIXED}{OTHER}")
    ran = coder("fix", "calc.py", "-m", "add is wrong", "--test", CHECK, "--yes")
    assert ran.code == 0, ran.err
    assert (root / "calc.py").read_text() == after
    shown = ran.err.partition("dropped again:")[2]
    assert ("+    return x + x" in shown) == (seconds > 0)


def test_fix_tells_it_as_json(root: Path, answers: list[str]) -> None:
    answers.append(f"```python\n{FIXED}{OTHER}")
    ran = coder("fix", "calc.py", "-m", "add is wrong", "--test", CHECK, "--yes", "--json")
    document = json.loads(ran.out)
    assert "+    return x + x" in document["not_needed"] and "x + x" not in document["diff"]
    (reduced,) = [event for event in document["events"] if event["event"] == "reduced"]
    assert (reduced["dropped"], reduced["kept"], reduced["diff"]) == (1, 1, document["not_needed"])


def test_run_keeps_it(root: Path, answers: list[str]) -> None:
    answers += script(("edit", {"path": "calc.py", "old": "2 * x", "new": "x + x"}), FIX, DONE)
    ran = coder("run", "Make add add.", "--test", CHECK, "--yes")
    assert ran.code == 0, ran.err
    assert (root / "calc.py").read_text() == FIXED + OTHER
    assert "+    return x + x" in ran.err.partition("they were kept:")[2]


@pytest.mark.parametrize("command", [["fix", "calc.py", "-m", "add is wrong"], ["run", "Make add add."]])
def test_a_test_that_hangs_without_it_does_not_hold_anything_up(
    root: Path, answers: list[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(fix, "_REDUCING_S", 0.5)
    monkeypatch.setattr(execute, "_REDUCING_S", 0.5)
    if command[0] == "fix":
        answers.append(f"```python\n{FIXED}{OTHER}")
    else:
        answers += script(("edit", {"path": "calc.py", "old": "2 * x", "new": "x + x"}), FIX, DONE)
    ran = coder(*command, "--test", HANGS, "--yes")
    assert ran.code == 0, ran.err
    assert (root / "calc.py").read_text() == FIXED + OTHER
    assert "kept:" not in ran.err and "dropped" not in ran.err
