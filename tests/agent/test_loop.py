"""The agent's loop with a scripted model, in temporary repositories."""

import subprocess
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from assistant.agent import events
from assistant.agent.events import AgentEvent
from assistant.errors import CoderError, ExitCode
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, Run, call, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]


def test_a_bug_is_found_repaired_and_checked(root: Path) -> None:
    model = ScriptedGenerator(
        *script(
            ("list", {}),
            ("grep", {"pattern": "def add"}),
            ("read", {"path": "calc.py"}),
            FIX,
            DONE,
        )
    )
    run = Run(root, test=CHECK)
    outcome = run(model)
    assert (outcome.status, outcome.exit_code, outcome.steps) == ("done", ExitCode.DONE, 5)
    assert (root / "calc.py").read_text() == FIXED
    assert outcome.changed == ("calc.py",)
    assert "calc.py" in run.told[0]
    assert ".env" not in run.told[0], "what is ignored is not listed"
    assert run.told[1] == "calc.py:1:def add(a, b):"
    assert BUGGY.strip() in run.told[2]
    assert "The check passes." in run.told[3]
    checks = [event for event in run.events if isinstance(event, events.Checked)]
    assert len(checks) == 1, "what has just passed is not run again"
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    assert (root / "calc.py").read_text() == BUGGY


def test_what_the_check_does_not_need_is_told_and_stays(root: Path) -> None:
    (root / "calc.py").write_text(BUGGY + "\n\ndef double(x):\n    return 2 * x\n")
    besides = ("edit", {"path": "calc.py", "old": "2 * x", "new": "x + x"})
    elsewhere = ("edit", {"path": "src/other.py", "old": "calc.add(1, 2)", "new": "calc.add(2, 1)"})
    run = Run(root, test=CHECK)
    outcome = run(ScriptedGenerator(*script(besides, FIX, elsewhere, DONE)))
    assert outcome.status == "done"
    (told,) = [event.diff for event in run.events if isinstance(event, events.NotNeeded)]
    changed = [line for line in told.splitlines() if line.startswith(("+", "-"))]
    assert changed == [
        "--- a/calc.py", "+++ b/calc.py", "-    return 2 * x", "+    return x + x",
        "--- a/src/other.py", "+++ b/src/other.py", "-print(calc.add(1, 2))", "+print(calc.add(2, 1))",
    ]  # fmt: skip
    assert (root / "calc.py").read_text() == FIXED + "\n\ndef double(x):\n    return x + x\n"
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    assert (root / "calc.py").read_text() == BUGGY + "\n\ndef double(x):\n    return 2 * x\n"


def test_a_failing_check_goes_back_in_few_lines(root: Path) -> None:
    wrong = ("edit", {"path": "calc.py", "old": "    return a - b", "new": "    return a * b * 2"})
    right = ("edit", {"path": "calc.py", "old": "a * b * 2", "new": "a + b"})
    run = Run(root, test=CHECK)
    outcome = run(ScriptedGenerator(*script(wrong, DONE, right, DONE)))
    assert outcome.status == "done"
    assert "AssertionError: 8" in run.told[0]
    assert "Traceback" not in run.told[0]
    assert run.told[1].startswith("It is not done."), "a model that says so is not believed"


def test_broken_syntax_goes_back_with_its_line(root: Path) -> None:
    run = Run(root, test=CHECK)
    run(
        ScriptedGenerator(
            *script(("write", {"path": "new.py", "text": "def f(:\n    pass\n"}), DONE), *script(DONE) * 9
        )
    )
    assert "new.py:1:" in run.told[0]
    assert not any(
        isinstance(event, events.Checked) for event in run.events[: run.events.index(_observed(run, 0))]
    )


def test_a_new_file_in_a_new_folder_can_be_undone(root: Path) -> None:
    outcome = Run(root)(ScriptedGenerator(*script(("write", {"path": "a/b/c.py", "text": "x = 1\n"}), DONE)))
    assert (root / "a/b/c.py").read_text() == "x = 1\n"
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    assert not (root / "a").exists()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("src/other.py", "is that of calc.py"),
        ("src/calc.py", "is that of calc.py"),
        ("CALC.py", "Changed calc.py."),
        ("/calc.py", "Changed calc.py."),
    ],
)
def test_a_whole_file_goes_where_it_belongs(root: Path, path: str, told: str) -> None:
    text = "".join(f"x{n} = {n}\n" for n in range(9))
    (root / "calc.py").write_text(BUGGY + text)
    before = _files(root)
    write = ("write", {"path": path, "text": FIXED + text})
    run = Run(root)
    run(ScriptedGenerator(*script(("read", {"path": "calc.py"}), write, DONE)))
    assert told in run.told[1]
    after = {**before, str(root / "calc.py"): (FIXED + text).encode()} if "Changed" in told else before
    assert _files(root) == after


LIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "outside": ("read", {"path": "../secret"}, "lies outside"),
    "outside by a link": ("read", {"path": "link"}, "lies outside"),
    "absolute": ("write", {"path": "/etc/passwd", "text": "x"}, "lies outside"),
    "git's own": ("write", {"path": ".git/hooks/pre-commit", "text": "x"}, "belongs to git"),
    "git's own in another case": ("read", {"path": ".GIT/config"}, "belongs to git"),
    "negative line": ("read", {"path": "calc.py", "first": -3}, "greater than or equal to 1"),
    "huge range": ("read", {"path": "calc.py", "lines": 10**30}, "less than or equal to"),
    "behind the end": ("read", {"path": "calc.py", "first": 900}, "there is none from 900"),
    "wrong type": ("read", {"path": ["calc.py"]}, "valid string"),
    "unknown argument": ("read", {"path": "calc.py", "sudo": True}, "not permitted"),
    "missing argument": ("edit", {"path": "calc.py"}, "required"),
    "no such file": ("read", {"path": "calk.py"}, "There is no file calk.py"),
    "a folder": ("read", {"path": "src"}, "is not a file"),
    "text that is not there": (
        "edit",
        {"path": "calc.py", "old": "nothing", "new": ""},
        "is not in the file",
    ),
    "an evil revision": ("git", {"what": "show", "revision": "--output=/tmp/x"}, "is no revision"),
    "no such tool": ("reed", {"path": "calc.py"}, "Did you mean read?"),
    "a null byte": ("run", {"command": "echo \0"}, "pattern"),
}


@pytest.mark.parametrize("lie", LIES)
def test_arguments_that_lie_do_nothing(root: Path, lie: str) -> None:
    (root.parent / "secret").write_text("hunter2")
    (root / "link").symlink_to(root.parent / "secret")
    name, arguments, told = LIES[lie]
    before = _files(root)
    run = Run(root)
    run(ScriptedGenerator(*script((name, arguments), DONE)))
    assert told in run.told[0]
    assert "hunter2" not in "".join(run.told)
    assert str(root) not in "".join(run.told), "the model need not know where the repository lies"
    assert _files(root) == before


@pytest.mark.parametrize(
    ("answers", "status", "steps"),
    [
        (script(("read", {"path": "calc.py"})) * 9, "repetition", 3),
        (["I am thinking."] * 9, "repetition", 3),
        (['<tool_call>\n{"name": "read", "argu'] * 9, "repetition", 3),
        ([call("read", path="calc.py", first=n + 1) for n in range(9)], "step limit", 6),
    ],
)
def test_a_model_that_gets_nowhere_is_stopped(
    root: Path, answers: list[str], status: str, steps: int
) -> None:
    run = Run(root, steps=6)
    outcome = run(ScriptedGenerator(*answers))
    assert (outcome.status, outcome.steps, outcome.exit_code) == (status, steps, ExitCode.NOT_ACHIEVED)


def test_the_budget_ends_it_and_partial_work_stays(root: Path) -> None:
    run = Run(root, budget_s=1.0)
    outcome = run(ScriptedGenerator(*script(FIX, ("run", {"command": "sleep 60"}))))
    assert (outcome.status, outcome.exit_code) == ("out of budget", ExitCode.OUT_OF_BUDGET)
    assert outcome.seconds < 10
    assert (root / "calc.py").read_text() == FIXED


def test_the_user_ends_it_while_the_model_writes(root: Path) -> None:
    run = Run(root)
    timer = Timer(0.2, run.cancel.set)
    timer.start()
    outcome = run(ScriptedGenerator(*script(DONE), holds_after=2))
    assert (outcome.status, outcome.exit_code) == ("cancelled", ExitCode.INTERRUPTED)


def test_a_command_that_hangs_is_stopped_and_the_model_goes_on(root: Path) -> None:
    run = Run(root)
    outcome = run(ScriptedGenerator(*script(("run", {"command": "cat; sleep 60", "timeout": 1}), DONE)))
    assert "was stopped" in run.told[0]
    assert outcome.status == "done"


def test_much_output_is_cut_at_its_end_kept(root: Path) -> None:
    run = Run(root)
    run(ScriptedGenerator(*script(("run", {"command": "seq 100000"}), ("read", {"path": "calc.py"}), DONE)))
    assert len(run.told[0]) < 4000
    assert "left out" in run.told[0]
    assert run.told[0].rstrip().endswith("100000")


def test_a_full_context_shrinks_with_a_word_on_it_and_work_goes_on(root: Path) -> None:
    lines = "".join(f"x{n} = {n}\n" for n in range(4000))
    (root / "long.py").write_text(lines)
    reads = [("read", {"path": "long.py", "first": n * 50 + 1, "lines": 50}) for n in range(24)]
    model = ScriptedGenerator(*script(*reads, FIX, DONE), context_tokens=2500)
    run = Run(root, test=CHECK, steps=40)
    outcome = run(model)
    assert outcome.status == "done"
    shrunk = [event for event in run.events if isinstance(event, events.Shrunk)]
    assert shrunk
    assert all(event.tokens_after < event.tokens_before for event in shrunk)
    assert len(shrunk) < 12, "room is made in one go, and rarely"
    first = [messages[0].content for messages, _ in model.asked]
    assert len(set(first)) == 1, "the stable part stays as it is"
    steps = [event for event in run.events if isinstance(event, events.Step)]
    for event, (messages, _) in zip(steps, model.asked, strict=True):
        usage = event.usage
        whole = usage.system + usage.map + usage.files + usage.conversation
        assert whole == model.count_tokens(messages)
        assert whole + usage.free == model.context_tokens
    assert any("read long.py, 1, 50" in what for event in shrunk for what in event.what)


def test_a_task_that_does_not_fit_ends_clearly(root: Path) -> None:
    outcome = Run(root)(ScriptedGenerator(*script(DONE), context_tokens=300))
    assert (outcome.status, outcome.steps) == ("context full", 1)


def test_the_model_asks_a_person(root: Path) -> None:
    run = Run(root, ask_user=lambda question: "the second" if "which" in question else None)
    run(ScriptedGenerator(*script(("ask", {"question": "which one?"}), ("ask", {"question": "why?"}), DONE)))
    assert run.told[:2] == ["The user answers: the second", "Nobody is there to answer: decide yourself."]


def test_faults_of_the_model_itself_are_not_hidden(root: Path) -> None:
    with pytest.raises(CoderError, match="broken"):
        Run(root)(ScriptedGenerator(CoderError("broken")))


def _observed(run: Run, number: int) -> AgentEvent:
    return [event for event in run.events if isinstance(event, events.Observed)][number]


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git/" not in str(path)
    }


def test_a_folder_without_git_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    pass\n")
    (tmp_path / ".coderignore").write_text("private.py\n")
    (tmp_path / "private.py").write_text("def f():\n    hidden\n")
    run = Run(tmp_path)
    run(
        ScriptedGenerator(
            *script(("grep", {"pattern": "def f"}), ("find", {"pattern": "*.py"}), ("list", {}), DONE)
        )
    )
    assert run.told[:2] == ["a.py:1:def f():", "a.py"]
    assert "private.py" not in "".join(run.told)


def test_git_is_asked(root: Path) -> None:
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Subtract"]
    subprocess.run(["git", "add", "-f", "calc.py", ".env"], cwd=root, check=True)
    subprocess.run(commit, cwd=root, check=True)
    (root / ".env").write_text("TOKEN=other\n")
    (root / "calc.py").write_text(FIXED)
    asked = ("status", "diff", "log", "show")
    run = Run(root)
    run(
        ScriptedGenerator(
            *script(
                *(("git", {"what": what}) for what in asked),
                ("git", {"what": "blame", "path": "calc.py"}),
                DONE,
            )
        )
    )
    status, diff, log, show, blame = run.told[:5]
    assert "M calc.py" in status
    assert "+    return a + b" in diff
    assert "Subtract" in log
    assert "def add" in show
    assert "TOKEN" not in diff + show, "also a secret that is tracked is kept out"
    assert "(a " in blame
    assert run.asked == []
