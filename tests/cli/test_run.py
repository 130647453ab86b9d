"""`coder run`, `coder ask` and `coder sessions` as a user runs them, with a scripted model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.session import Sessions
from assistant.cli import setup
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, call, root, script
from tests.cli.coder import Ran, coder
from tests.cli.scripted import model
from tests.scripted import ScriptedGenerator

__all__ = ["model", "root"]

YES: dict[str, list[str]] = {"run": ["--yes"], "ask": []}


def run(*arguments: str, piped: str = "") -> Ran:
    return coder(*arguments, answer=piped)


def test_a_task_with_all_its_events(root: Path, model: list[str]) -> None:
    model += script(FIX, DONE)
    ran = run("run", "Make add add.", "--test", CHECK, "--yes", "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["status"], document["changed"]) == (0, "done", ["calc.py"])
    kinds = [event["event"] for event in document["events"]]
    assert kinds[0] == "started"
    assert kinds[-1] == "outcome"
    assert "checked" in kinds
    assert document["metrics"]["emitted"] > 0
    assert (root / "calc.py").read_text() == FIXED
    listed = json.loads(run("sessions", "--json").out)
    assert [(each["id"], each["status"]) for each in listed] == [(document["session"], "done")]
    assert run("undo", "--yes").code == 0
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.parametrize("answers", [script(FIX, DONE), [f"```python\n{FIXED}"]])
def test_the_check_that_the_repository_names_is_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    (root / "AGENTS.md").write_text(f"Test: `{CHECK}`\n")
    model = ScriptedGenerator(*answers, tool_format="hermes" if len(answers) > 1 else None)
    monkeypatch.chdir(root)
    monkeypatch.setattr(setup, "load_generator", lambda *args, **options: model)
    ran = run("run", "Fix @calc.py", "--yes", "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["test"]["command"], document["test"]["passed"]) == (0, CHECK, True), ran.err
    (listed,) = json.loads(run("sessions", "--json").out)
    assert listed["steps"] == document["steps"] == len(answers)


def test_a_question_with_what_is_piped_in(model: list[str]) -> None:
    model += [call("done", answer="It was the third line.")]
    ran = run("ask", "What is wrong?", piped="Traceback: boom\n")
    assert (ran.code, ran.out) == (0, "It was the third line.\n")
    started = json.loads(Path(next(_sessions())).read_text().splitlines()[0])
    assert started["task"] == "What is wrong?\n\nTraceback: boom"
    assert started["mode"] == "read-only"


@pytest.mark.parametrize("command", ["run", "ask"])
def test_how_the_model_is_loaded(
    command: str, root: Path, model: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model += [call("done", answer="Yes.")]
    asked: dict[str, Any] = {}
    loaded = setup.load_generator

    def load(*arguments: Any, **options: Any) -> Any:
        asked.update(options)
        return loaded(*arguments, **options)

    monkeypatch.setattr(setup, "load_generator", load)
    ran = run(command, "Well?", "--kv-type", "Q8_0", "--flash-attention", "on", *YES[command])
    assert ran.code == 0
    assert (asked["kv_type"], asked["flash_attention"]) == ("Q8_0", "on")


def test_going_on_with_the_last_session(model: list[str]) -> None:
    model += script(("read", {"path": "calc.py"}))
    assert run("run", "Look.", "--yes", "--steps", "1").code == 1
    model[:] = script(DONE)
    assert run("run", "--resume", "last", "--yes").code == 0
    assert [line.split()[-1] for line in run("sessions").out.splitlines()] == ["Look."]
    assert run("run", "--resume", "gone", "--yes").code == 2


def test_a_session_is_looked_at_and_deleted(model: list[str], root: Path) -> None:
    model += script(FIX, DONE)
    id = json.loads(run("run", "Make add add.", "--yes", "--json").out)["session"]
    shown = run("sessions", "show", "last").out
    assert all(line in shown for line in ("> Make add add.", "changed: calc.py", "add adds now.", "(done)"))
    assert json.loads(run("sessions", "show", id, "--json").out)[0]["event"] == "started"
    with Sessions(root).resume(id)[0]:
        assert run("sessions", "rm", id).code == 4, "it is being worked on"
    assert run("sessions", "rm", id).code == 0
    assert (run("sessions", "list").out, run("sessions", "show", id).code) == ("", 2)
    assert (root / "calc.py").read_text() == FIXED


def test_a_session_is_named_copied_and_written_down(model: list[str], root: Path) -> None:
    model += script(FIX, DONE)
    run("run", "Make add add.", "--yes")
    assert run("sessions", "rename", "last", "mine").code == 0
    fork = run("sessions", "fork", "last").out.strip()
    assert run("sessions", "rename", fork, "its copy").code == 0
    assert {line.split("  ")[-1] for line in run("sessions").out.splitlines()} == {"mine", "its copy"}
    text = run("sessions", "export", fork).out
    assert text.startswith("# its copy\n")
    assert "```diff\n--- a/calc.py" in text
    assert run("sessions", "export", fork, "its.md").code == 0
    assert Path("its.md").read_text() == text
    assert run("sessions", "export", fork, "its.md").code == 4, "nothing is overwritten"
    assert run("sessions", "fork", "gone").code == 2


@pytest.mark.parametrize(
    ("arguments", "answers", "code"),
    [
        (["run", "x", "--yes"], script(("read", {"path": "calc.py"})) * 3, 1),
        (["run", "x", "--yes", "--steps", "1"], script(FIX), 1),
        (["run", "", "--yes"], [], 2),
        (["ask"], [], 2),
        (["run", "x", "--mode", "wild"], [], 2),
        (["run", "x"], [], 4),
        (["run", "x", "--json"], [], 4),
        (["run", "x", "--mode", "auto-edit"], script(("run", {"command": "ls"}), DONE), 4),
        (["run", "x", "--yes", "--budget", "0.5"], script(("run", {"command": "sleep 9"})), 5),
    ],
)
def test_exit_codes(model: list[str], arguments: list[str], answers: list[str], code: int) -> None:
    model += answers
    ran = run(*arguments)
    assert (ran.code, "Traceback" in ran.err) == (code, False), ran.err


def test_a_missing_model_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    ran = run("ask", "x", "--model", "none.gguf")
    assert (ran.code, "No model file" in ran.err) == (3, True)


def test_ctrl_c_leaves_a_session_that_can_be_gone_on_with(root: Path, tmp_path: Path) -> None:
    program = (
        "from assistant.cli import setup; from tests.scripted import ScriptedGenerator\n"
        "from tests.agent.agent_run import script\n"
        "answers = script(('run', {'command': 'touch src/begun; sleep 30'}))\n"
        "setup.load_generator = lambda *a, **o: ScriptedGenerator(*answers)\n"
        "from assistant.cli.main import main; main()"
    )
    checkout = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", program, "run", "Wait.", "--yes", "--json"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": checkout},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (root / "src" / "begun").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    document: dict[str, Any] = json.loads(out)
    assert (process.returncode, document["status"]) == (130, "cancelled")


def _sessions() -> Any:
    return Path(os.environ["CODER_HOME"]).rglob("*.jsonl")
