"""The context is full in the middle of a change: what is written is whole, and the user is told."""

from pathlib import Path

import pytest

from assistant.chat.generator import FinishReason
from assistant.cli import setup
from tests.agent.agent_run import BUGGY, DONE, FIX, FIXED, call, root
from tests.cli.coder import coder
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
CONTEXT = 1000
LONG = "".join(f"line_{number} = {number}\n" for number in range(100))


def scripted(
    root: Path, monkeypatch: pytest.MonkeyPatch, *answers: str, finish: FinishReason = "stop"
) -> None:
    monkeypatch.chdir(root)
    model = ScriptedGenerator(*answers, context_tokens=CONTEXT, finish=finish)
    monkeypatch.setattr(setup, "load_generator", lambda *args, **options: model)


def test_a_change_that_was_made_stays_and_one_that_is_too_long_is_not_begun(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = call("write", path="long.py", text=LONG)
    scripted(root, monkeypatch, call(FIX[0], **FIX[1]), write, call(DONE[0], **DONE[1]))
    ran = coder("run", "Make add add.", "--yes")
    assert (ran.code, ran.out) == (0, "add adds now.\n")
    assert "too long for one call; nothing was done" in ran.err
    assert "Made room in the context" in ran.err
    assert ((root / "calc.py").read_text(), (root / "long.py").exists()) == (FIXED, False)
    assert coder("undo", "--yes").code == 0
    assert (root / "calc.py").read_text() == BUGGY


def test_a_task_that_does_not_fit_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(root, monkeypatch)
    ran = coder("run", "Make add add. " * 200, "--yes")
    assert ran.code == 1
    assert "the model's context is full" in ran.err
    assert "The task takes" in ran.err and "--context" in ran.err


@pytest.mark.parametrize("finish", ["length", "context"])
@pytest.mark.parametrize(
    "arguments", [["run", "Make add add.", "--yes"], ["fix", "calc.py", "-m", "add is wrong", "--yes"]]
)
def test_a_change_that_was_cut_off_is_not_made(
    root: Path, monkeypatch: pytest.MonkeyPatch, finish: FinishReason, arguments: list[str]
) -> None:
    half = call("edit", path="calc.py", old="a - b", new=f"a + b\n{LONG}")[:200]
    answers = [half if arguments[0] == "run" else f"```python\n{FIXED}"[:-4]] * 9
    scripted(root, monkeypatch, *answers, finish=finish)
    ran = coder(*arguments)
    assert (ran.code, (root / "calc.py").read_text()) == (1, BUGGY)
    assert "cut off before" in ran.err, ran.err
    assert coder("undo", "--list").out == ""


def test_a_file_that_does_not_fit_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "long.py").write_text(LONG * 20)
    scripted(root, monkeypatch)
    ran = coder("fix", "long.py", "-m", "it is wrong", "--yes")
    assert ran.code == 1
    assert "long.py is too long for the model's context of 1000 tokens" in ran.err
