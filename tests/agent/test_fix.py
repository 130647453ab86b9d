"""The fixer with a scripted model: what it writes, what it refuses, and that nothing is ever lost."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.agent.check import Check
from assistant.agent.command import CommandResult
from assistant.agent.events import AgentEvent, Changed, Outcome, Proposed, Reduced, Unusable
from assistant.agent.fix import Fixer, FixOptions
from assistant.agent.rewrite import Change
from assistant.errors import ContextFullError, RefusedError, UsageError
from assistant.repo.checkpoints import Checkpoints, apply_undo, plan_undo
from assistant.repo.files import read_source
from assistant.repo.workspace import find_workspace
from tests.scripted import ScriptedGenerator

BUGGY = "def add(a, b):\n    return a - b\n"
FIXED = "def add(a, b):\n    return a + b\n"
PASSES_WHEN_FIXED = Check(f'"{sys.executable}" -c "import calc; r = calc.add(2, 3); assert r == 5, r"')
FENCED = "```python\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "calc.py").write_text(BUGGY)
    return root


def fix(
    root: Path,
    generator: ScriptedGenerator,
    *,
    names: Sequence[str] = ("calc.py",),
    consent: bool | list[bool] = True,
    options: FixOptions | None = None,
) -> tuple[Outcome, list[AgentEvent]]:
    answers = iter(consent) if isinstance(consent, list) else None

    def agree(_: Sequence[Change]) -> bool:
        return next(answers) if answers else bool(consent)

    sources = [read_source(root / name, root) for name in names]
    workspace = find_workspace(root)
    fixer = Fixer(
        generator,
        sources,
        workspace,
        Checkpoints(root.parent / "kept", root),
        options or FixOptions(message="add is wrong"),
        agree,
    )
    *events, outcome = list(fixer.run())
    assert isinstance(outcome, Outcome)
    return outcome, events


def of_type(events: Sequence[AgentEvent], kind: type) -> list[AgentEvent]:
    return [event for event in events if isinstance(event, kind)]


def take_back(root: Path) -> None:
    checkpoints = Checkpoints(root.parent / "kept", root)
    apply_undo(checkpoints, plan_undo(checkpoints))


def test_the_change_is_written_and_can_be_taken_back(root: Path) -> None:
    outcome, events = fix(root, ScriptedGenerator(FENCED + FIXED))
    assert outcome.status == "done"
    assert (root / "calc.py").read_text() == FIXED
    assert len(of_type(events, Changed)) == 1
    assert outcome.diff.endswith("-    return a - b\n+    return a + b\n")
    (turn,) = Checkpoints(root.parent / "kept", root).turns()
    assert (turn.id, turn.title) == (outcome.turn, "fix calc.py: add is wrong")
    take_back(root)
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (FENCED + BUGGY, "changes nothing"),
        (FENCED, "empty"),
        (FENCED + "def add(a, b:\n    return a + b\n", "does not parse"),
    ],
)
def test_an_answer_that_cannot_be_used_is_said_and_not_written(root: Path, answer: str, reason: str) -> None:
    outcome, events = fix(root, ScriptedGenerator(answer, answer, answer))
    assert outcome.status == "not achieved"
    assert all(isinstance(event, Unusable) and reason in event.reason for event in of_type(events, Unusable))
    assert len(of_type(events, Unusable)) == 3
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("<think>Hm.</think>It is fine.", "no code block"),
        (f"<think>Hm.</think>{FENCED}{FIXED}```\nor\n{FENCED}{FIXED}```\n", "2 code blocks"),
        (f"<think>Hm.</think>{FENCED}{FIXED}", "cut off"),
    ],
)
def test_a_model_that_reasons_first_must_give_one_whole_block(root: Path, answer: str, reason: str) -> None:
    _, events = fix(root, ScriptedGenerator(answer, answer, answer))
    assert reason in str(of_type(events, Unusable)[0])
    assert (root / "calc.py").read_text() == BUGGY


def test_a_model_that_reasons_first_is_asked_without_a_prefix(root: Path) -> None:
    generator = ScriptedGenerator(f"<think>Minus?</think>Here:\n{FENCED}{FIXED}```\n")
    outcome, _ = fix(root, generator)
    assert outcome.status == "done"
    assert generator.asked[0][1].prefix == ""


def test_an_answer_that_is_cut_off_is_not_written(root: Path) -> None:
    cut = ScriptedGenerator(*[FENCED + FIXED] * 3, finish="length")
    outcome, events = fix(root, cut)
    assert outcome.status == "not achieved"
    assert "cut off" in str(of_type(events, Unusable)[0])


def test_refusing_changes_nothing(root: Path) -> None:
    outcome, _ = fix(root, ScriptedGenerator(FENCED + FIXED), consent=False)
    assert (outcome.status, outcome.exit_code) == ("refused", 4)
    assert (root / "calc.py").read_text() == BUGGY


def test_a_dry_run_writes_nothing_and_gives_a_diff_that_git_takes(root: Path) -> None:
    generator = ScriptedGenerator(FENCED + FIXED)
    outcome, _ = fix(root, generator, options=FixOptions(message="add is wrong", dry_run=True))
    assert (root / "calc.py").read_text() == BUGGY
    subprocess.run(["git", "apply", "-"], cwd=root, input=outcome.diff.encode(), check=True)
    assert (root / "calc.py").read_text() == FIXED


def test_it_goes_round_until_the_test_passes(root: Path) -> None:
    wrong = BUGGY.replace("-", "*")
    generator = ScriptedGenerator(FENCED + wrong, FENCED + FIXED)
    outcome, events = fix(root, generator, options=FixOptions(check=PASSES_WHEN_FIXED))
    assert (outcome.status, outcome.steps) == ("done", 2)
    assert outcome.test is not None and outcome.test.passed
    assert len(of_type(events, Proposed)) == 2
    assert (root / "calc.py").read_text() == FIXED


def test_when_no_try_passes_the_file_is_as_it_was_to_the_byte(root: Path) -> None:
    (root / "calc.py").write_bytes(b"\xef\xbb\xbfdef add(a, b):\r\n    return a - b\n")
    before = (root / "calc.py").read_bytes()
    answers = [FENCED + BUGGY.replace("-", sign) for sign in ("*", "/", "%")]
    outcome, _ = fix(root, ScriptedGenerator(*answers), options=FixOptions(check=PASSES_WHEN_FIXED))
    assert (outcome.status, outcome.exit_code) == ("not achieved", 1)
    assert (root / "calc.py").read_bytes() == before
    assert Checkpoints(root.parent / "kept", root).turns() == []


def test_the_same_wrong_answer_is_not_tried_twice(root: Path) -> None:
    wrong = FENCED + BUGGY.replace("-", "*")
    _, events = fix(root, ScriptedGenerator(wrong, wrong, wrong), options=FixOptions(check=PASSES_WHEN_FIXED))
    assert len(of_type(events, Proposed)) == 1


def test_hunks_that_the_test_does_not_need_are_dropped(root: Path) -> None:
    rest = "\n\ndef double(x):\n    return 2 * x\n"
    (root / "calc.py").write_text(BUGGY + rest)
    damaged = FENCED + FIXED + rest.replace("2 * x", "x + x")
    outcome, events = fix(root, ScriptedGenerator(damaged), options=FixOptions(check=PASSES_WHEN_FIXED))
    assert outcome.status == "done"
    assert (root / "calc.py").read_text() == FIXED + rest
    (reduced,) = of_type(events, Reduced)
    assert isinstance(reduced, Reduced)
    assert (reduced.dropped, reduced.kept) == (1, 1)
    assert "+    return x + x\n" in reduced.diff
    assert "a + b\n" not in re.sub(r"(?m)^ .*\n", "", reduced.diff), "only what was dropped is shown"
    take_back(root)
    assert (root / "calc.py").read_text() == BUGGY + rest


def test_a_damaging_hunk_does_not_spoil_the_one_that_repairs(root: Path) -> None:
    rest = "\n\ndef double(x):\n    return 2 * x\n\n\nassert double(2) == 4\n"
    (root / "calc.py").write_text(BUGGY + rest)
    damaged = FENCED + FIXED + rest.replace("2 * x", "3 * x")
    outcome, _ = fix(root, ScriptedGenerator(damaged), options=FixOptions(check=PASSES_WHEN_FIXED))
    assert outcome.status == "done"
    assert outcome.test is not None and outcome.test.passed
    assert (root / "calc.py").read_text() == FIXED + rest


def test_only_the_function_that_the_traceback_names_is_rewritten(root: Path) -> None:
    filler = "".join(f"def f{i}():\n    return {i}\n\n\n" for i in range(30))
    (root / "calc.py").write_text(filler + BUGGY)
    outcome, events = fix(
        root, generator := ScriptedGenerator(FENCED + FIXED), options=FixOptions("add is off")
    )
    assert outcome.status == "done"
    assert (root / "calc.py").read_text() == filler + FIXED
    question = generator.asked[0][0][-1].content
    assert "def add" in question and "def f3" not in question
    (proposed,) = of_type(events, Proposed)
    assert isinstance(proposed, Proposed)
    assert proposed.changes[0].place.shown == "calc.py:add"


def test_the_function_is_asked_for_where_the_short_file_did_not_come_back_whole(root: Path) -> None:
    rest = "\n\ndef double(x):\n    return 2 * x\n"
    (root / "calc.py").write_text(BUGGY + rest)
    generator = ScriptedGenerator(FENCED + "def double(x:\n", FENCED + FIXED)
    outcome, events = fix(root, generator, options=FixOptions("add is wrong", PASSES_WHEN_FIXED))
    assert (outcome.status, outcome.steps) == ("done", 2)
    assert len(of_type(events, Unusable)) == 1
    assert "double" not in generator.asked[1][0][-1].content
    assert (root / "calc.py").read_text() == FIXED + rest


@pytest.mark.parametrize(
    ("message", "status"), [("add is wrong", "not achieved"), ("remove the blank lines", "done")]
)
def test_blank_lines_change_only_where_they_are_meant(root: Path, message: str, status: str) -> None:
    (root / "calc.py").write_text(BUGGY + "\n\nX = 1\n")
    answers = [FENCED + BUGGY + "X = 1\n"] * 3
    outcome, _ = fix(root, ScriptedGenerator(*answers), options=FixOptions(message))
    assert outcome.status == status


def test_a_method_keeps_its_indentation_and_examples_of_use_are_left_out(root: Path) -> None:
    filler = "".join(f"    def f{i}(self):\n        return {i}\n\n" for i in range(20))
    method = "    def add(self, a, b):\n        return a - b\n"
    (root / "calc.py").write_text("class Calculator:\n" + filler + method)
    answer = FENCED + "def add(self, a, b):\n    return a + b\n\n\nprint(add(None, 1, 2))\n"
    fix(root, ScriptedGenerator(answer), options=FixOptions("add is off"))
    assert (root / "calc.py").read_text() == "class Calculator:\n" + filler + method.replace("-", "+")


def test_hunks_away_from_the_problem_are_marked(root: Path) -> None:
    (root / "calc.py").write_text(BUGGY + "\n\ndef double(x):\n    return 2 * x\n")
    answer = FENCED + FIXED + "\n\ndef double(x):\n    return x * 2\n"
    _, events = fix(root, ScriptedGenerator(answer), options=FixOptions("add is wrong"))
    (proposed,) = of_type(events, Proposed)
    assert isinstance(proposed, Proposed)
    (change,) = proposed.changes
    assert [change.unexpected(hunk) for hunk in change.hunks] == [False, True]


def test_several_files_change_together(root: Path) -> None:
    (root / "more.py").write_text("def sub(a, b):\n    return a + b\n")
    answers = [FENCED + FIXED, FENCED + "def sub(a, b):\n    return a - b\n"]
    fix(
        root, ScriptedGenerator(*answers), names=["calc.py", "more.py"], options=FixOptions("signs are wrong")
    )
    assert (root / "calc.py").read_text() == FIXED
    assert "a - b" in (root / "more.py").read_text()
    take_back(root)
    assert (root / "calc.py").read_text() == BUGGY
    assert "a + b" in (root / "more.py").read_text()


def test_a_file_that_someone_changes_meanwhile_is_left_alone(root: Path) -> None:
    class Meddling(ScriptedGenerator):
        def reply(self, messages, options):  # type: ignore[no-untyped-def]
            (root / "calc.py").write_text("mine\n")
            yield from super().reply(messages, options)

    with pytest.raises(RefusedError, match="changed on disk"):
        fix(root, Meddling(FENCED + FIXED))
    assert (root / "calc.py").read_text() == "mine\n"


def test_a_change_that_another_makes_during_the_test_survives(root: Path) -> None:
    meddle = f"\"{sys.executable}\" -c \"import pathlib; pathlib.Path('calc.py').write_text('mine'); 1 / 0\""
    outcome, _ = fix(root, ScriptedGenerator(*[FENCED + FIXED] * 3), options=FixOptions("x", Check("false")))
    assert outcome.status == "not achieved"
    with pytest.raises(RefusedError):
        fix(root, ScriptedGenerator(*[FENCED + FIXED] * 3), options=FixOptions("x", Check(meddle)))
    assert (root / "calc.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("changed", "status"), [(FIXED, "done"), (FIXED.replace("a, b", "*a"), "not achieved")]
)
def test_a_check_that_passed_before_takes_nothing_away(root: Path, changed: str, status: str) -> None:
    more = "\n\ndef double(x):\n    return 2 * x\n"
    (root / "calc.py").write_text(BUGGY + more)
    passes = Check(f'"{sys.executable}" -c "import calc; calc.add(a=2, b=3)"')
    wanted = changed + more.replace("2 * x", "x + x")
    answer = ScriptedGenerator(FENCED + wanted)
    outcome, events = fix(root, answer, options=FixOptions("signs are wrong", passes, tries=1))
    assert (outcome.status, of_type(events, Reduced)) == (status, [])
    assert (root / "calc.py").read_text() == (wanted if status == "done" else BUGGY + more)


def test_an_interrupt_during_the_test_puts_the_file_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.agent import fix as fix_module

    runs: list[str] = []

    def interrupted(check: Check, *_: object, **__: object) -> CommandResult:
        runs.append((root / "calc.py").read_text())
        if len(runs) == 1:
            return CommandResult(check.command, 1, "AssertionError: -1", 0.1)
        raise KeyboardInterrupt

    monkeypatch.setattr(fix_module, "run_check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fix(root, ScriptedGenerator(FENCED + FIXED), options=FixOptions(check=Check("pytest")))
    assert runs == [BUGGY, FIXED], "the candidate was being tested when the interrupt came"
    assert (root / "calc.py").read_text() == BUGGY


def test_killed_in_the_middle_of_a_test_it_can_be_taken_back(root: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            kills = f"grep -q 'a + b' calc.py && kill -9 {os.getpid()}; false"
            fix(root, ScriptedGenerator(FENCED + FIXED), options=FixOptions(check=Check(kills)))
        finally:  # a fork must not go on as the test run
            os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert (root / "calc.py").read_text() == FIXED, "the candidate was being tested"
    take_back(root)
    assert (root / "calc.py").read_text() == BUGGY


def test_a_spent_budget_stops_and_leaves_the_file(root: Path) -> None:
    slow = ScriptedGenerator(FENCED + FIXED * 300, pause_s=0.1, piece_chars=2)
    outcome, _ = fix(root, slow, options=FixOptions("add is wrong", budget_s=0.3))
    assert (outcome.status, outcome.exit_code) == ("out of budget", 5)
    assert outcome.seconds < 30, "the whole answer takes minutes"
    assert (root / "calc.py").read_text() == BUGGY


def test_a_test_that_passes_already_is_all_there_is_to_do(root: Path) -> None:
    outcome, _ = fix(root, ScriptedGenerator(), options=FixOptions(check=Check("true")))
    assert (outcome.status, outcome.exit_code) == ("nothing to do", 0)


def test_a_test_that_hangs_is_stopped_and_said_to_the_model(root: Path) -> None:
    generator = ScriptedGenerator(*[FENCED + FIXED] * 3)
    options = FixOptions(check=Check("sleep 60", 0.2), tries=1)
    outcome, _ = fix(root, generator, options=options)
    assert outcome.status == "not achieved"
    assert "did not end within" in generator.asked[0][0][-1].content


def test_nothing_wrong_is_a_question_back(root: Path) -> None:
    with pytest.raises(UsageError, match="Nothing says what is wrong"):
        fix(root, ScriptedGenerator(), options=FixOptions())


def test_a_syntax_error_needs_no_words(root: Path) -> None:
    (root / "calc.py").write_text("def add(a, b)\n    return a + b\n")
    outcome, _ = fix(root, ScriptedGenerator(FENCED + FIXED), options=FixOptions())
    assert outcome.status == "done"


def test_a_file_too_long_for_the_context_is_reported_before_it_is_read(root: Path) -> None:
    (root / "calc.py").write_text("x = 1\n" * 5000)
    with pytest.raises(ContextFullError, match="too long"):
        fix(root, ScriptedGenerator(), options=FixOptions("x is wrong"))


def test_a_protected_file_is_refused_before_any_work(root: Path) -> None:
    (root / "calc.py").chmod(stat.S_IRUSR)
    generator = ScriptedGenerator()
    with pytest.raises(RefusedError, match="read-only"):
        fix(root, generator)
    assert generator.asked == []


@pytest.mark.parametrize("options", [FixOptions("signs are wrong"), FixOptions(check=Check("false"))])
def test_a_whole_file_must_come_back_whole(root: Path, options: FixOptions) -> None:
    _, events = fix(root, ScriptedGenerator(*[FENCED + "def other():\n    pass\n"] * 3), options=options)
    assert "leaves out add" in str(of_type(events, Unusable)[0])
    assert (root / "calc.py").read_text() == BUGGY
