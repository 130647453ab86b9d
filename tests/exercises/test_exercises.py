"""Every bug makes its check fail, every repair makes it pass, and the agent makes it in any format."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.agent import events
from assistant.agent.command import run_command
from assistant.agent.edits import EDIT_FORMATS
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.syntax import language_of, syntax_problems
from tests.agent.edits.answers import answer
from tests.exercises.agent_work import new_repository, work
from tests.exercises.exercise import LANGUAGES, Exercise, exercises

EXERCISES = exercises()
NAMES = [each.name for each in EXERCISES]


def test_there_are_six_in_each_language() -> None:
    assert Counter(each.language for each in EXERCISES) == dict.fromkeys(LANGUAGES, 6)


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_the_check_tells_broken_from_fixed(exercise: Exercise, tmp_path: Path) -> None:
    root = exercise.lay_out(tmp_path)
    broken = run_command(exercise.command, root, timeout_s=10)
    assert broken.returncode not in (0, None), broken.output
    (root / exercise.path).write_text(exercise.fixed, "utf-8")
    fixed = run_command(exercise.command, root, timeout_s=10)
    assert fixed.passed, fixed.output
    for path in (path for path in root.rglob("*") if path.is_file()):
        text = path.read_bytes().decode("utf-8", "replace")
        assert syntax_problems(text, language_of(path)) == [], path


@pytest.mark.parametrize("number", range(len(EXERCISES)), ids=NAMES)
def test_the_agent_repairs_it(number: int, tmp_path: Path) -> None:
    exercise = EXERCISES[number]
    root = new_repository(exercise, tmp_path)
    written = EDIT_FORMATS[number % len(EDIT_FORMATS)]
    good = answer(exercise.path, exercise.broken, exercise.fixed, written)
    done = work(exercise, root, good, test=exercise.command)
    assert done.outcome.status == "done"
    assert done.outcome.changed == (exercise.path,)
    assert done.outcome.test is not None and done.outcome.test.passed
    assert (root / exercise.path).read_text("utf-8") == exercise.fixed
    assert all(exercise.path in request.preview for request in done.asked)
    changed = [event for event in done.events if isinstance(event, events.Changed)]
    assert len(done.asked) == len(changed) >= 1
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=done.outcome.turn))
    assert (root / exercise.path).read_text("utf-8") == exercise.broken
