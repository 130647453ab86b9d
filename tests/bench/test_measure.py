"""The bench with a scripted model: both ways in turn, counted right."""

from pathlib import Path

import pytest

from assistant.bench.measure import divergence, measure
from assistant.bench.tasks import Request, Task, builtin_tasks, tasks_from
from assistant.errors import UsageError
from tests.scripted import ScriptedGenerator

TASK = Task("t", "two questions", (Request("one"), Request("two", prefix="```python\n")))


def test_both_ways_take_turns_and_the_order_alternates() -> None:
    generator = ScriptedGenerator(*["same"] * 9)
    (result,) = measure(generator, [TASK], rounds=2, report=lambda *_: None).results
    asked = [options.speculate for _, options in generator.asked[1:]]
    assert asked == [False, True, False, True, True, False, True, False]
    assert len(result.ratios) == 4
    assert result.identical == 2
    assert result.as_dict()["speedup"] == 1.0


def test_another_text_is_counted_as_another() -> None:
    generator = ScriptedGenerator("warm", "plain", "other", "x", "x")
    (result,) = measure(generator, [TASK], rounds=1, report=lambda *_: None).results
    assert result.identical == 1


@pytest.mark.parametrize(
    ("a", "b", "at"), [("abc", "abc", None), ("abc", "abd", 2), ("ab", "abc", 2), ("", "", None)]
)
def test_divergence(a: str, b: str, at: int | None) -> None:
    assert divergence(a, b) == at


def test_odd_lines_of_a_data_file_become_a_task(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(f'{{"turns": ["question {i}"]}}\n' for i in range(6)))
    (task,) = tasks_from(path, limit=2)
    assert [request.question for request in task.requests] == ["question 1", "question 3"]
    path.write_text("no json\nat all\n")
    with pytest.raises(UsageError, match="no list of prompts"):
        tasks_from(path, limit=2)


def test_the_builtin_tasks_have_what_they_promise() -> None:
    lines = {task.name: task.requests[0].question.count("\n") for task in builtin_tasks()}
    assert 65 <= lines["rewrite-70"] <= 80
    assert 300 <= lines["rewrite-400"] <= 450
