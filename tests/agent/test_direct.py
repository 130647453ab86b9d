"""Tasks without tools, with a scripted model that is too small for them."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assistant.agent import events
from assistant.agent.events import AgentEvent, Consent, Outcome
from assistant.agent.modes import Mode
from assistant.agent.relevance import relevant_excerpts, relevant_files
from assistant.agent.repetition import Circles
from assistant.chat.messages import Message
from assistant.errors import ExitCode, UsageError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.workspace import find_workspace
from tests.agent.agent_run import BUGGY, CHECK, FIXED, Run, root
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
FENCED = f"```python\n{FIXED}"
LONG_LINE = 'raise ValueError(f"the number {number} is out of its range")'
TWICE_IN_CODE = f"```python\n{LONG_LINE}\nelse:\n{LONG_LINE}\n```\n"
LONG_SENTENCE = "A sentence that is long enough to be known when it comes again, is it."


def work(
    root: Path, model: ScriptedGenerator, task: str, mode: Mode = "full", *, history: object = (), **how: Any
) -> tuple[Outcome, list[AgentEvent]]:
    run = Run(root, mode, task=task, **how)
    return run(model, history=history), run.events


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        ("What does calc.add do?", "calc.py:1-2\ndef add"),
        ("What does @src/other.py do?", "src/other.py\nimport calc"),
        ("What does @add do?", "calc.py:1-2\ndef add"),
    ],
)
def test_a_question_is_one_prompt_with_the_code_that_it_is_about(root: Path, task: str, shown: str) -> None:
    model = ScriptedGenerator("It adds.", tool_format=None)
    outcome, happened = work(root, model, task, "read-only")
    assert (outcome.status, outcome.answer, outcome.steps) == ("done", "It adds.", 1)
    ((_, asked), options) = model.asked[0]
    assert shown in asked.content and asked.content.endswith(task)
    assert options.grammar is None
    (step,) = (event for event in happened if isinstance(event, events.Step))
    assert step.usage.files > 0


def test_a_further_question_continues_the_conversation(root: Path) -> None:
    first = ScriptedGenerator("It adds.", tool_format=None)
    _, happened = work(root, first, "What does calc.add do?", "read-only")
    history = [document for event in happened if (document := events.as_json(event))]
    second = ScriptedGenerator("Yes.", tool_format=None)
    work(root, second, "Is add tested?", "read-only", history=history)
    (before, _), (after, _) = first.asked[0], second.asked[0]
    assert after[: len(before)] == before
    assert after[len(before)].content == "It adds."


def test_what_does_not_fit_is_left_out_seldom_and_in_one_go(root: Path) -> None:
    """Ten questions, of which five fit: most continue the conversation that the model has read."""
    history: list[dict[str, Any]] = []
    prompts: list[tuple[Message, ...]] = []
    told = 0
    for number in range(10):
        model = ScriptedGenerator(" ".join(map(str, range(number, 40))), tool_format=None, context_tokens=500)
        _, happened = work(root, model, f"What of {number}? " + "y" * 90, "read-only", history=history)
        history += [document for event in happened if (document := events.as_json(event))]
        told += any(isinstance(event, events.Shrunk) for event in happened)
        ((messages, _),) = model.asked
        assert model.count_tokens(messages) <= 375
        prompts.append(messages)
    continued = [after[: len(before)] == before for before, after in pairwise(prompts)]
    assert continued.count(False) == told == 2
    assert all(messages[0].role == "system" for messages in prompts)


def test_an_answer_that_goes_round_in_circles_is_ended(root: Path) -> None:
    model = ScriptedGenerator("It adds. " + "Then it adds again. " * 40, tool_format=None)
    outcome, _ = work(root, model, "What does add do?", "read-only")
    assert outcome.status == "done"
    assert outcome.answer == "It adds. Then it adds again."
    assert "repeat itself" in outcome.why


@pytest.mark.parametrize(
    "task", ["calc.add is wrong: it subtracts", "Fix @calc.py", "Fix @add: it subtracts"]
)
def test_a_change_is_one_block_of_the_place_it_is_about(root: Path, task: str) -> None:
    outcome, _ = work(root, ScriptedGenerator(FENCED, tool_format=None), task)
    assert (outcome.status, outcome.changed, (root / "calc.py").read_text()) == ("done", ("calc.py",), FIXED)
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    assert (root / "calc.py").read_text() == BUGGY


def test_a_check_says_which_files_it_may_be_and_when_it_is_done(root: Path) -> None:
    (root / "AGENTS.md").write_text(f"Make the check of calc pass: `{CHECK}`\n")
    model = ScriptedGenerator("```python\ndef add(a, b):\n    return a * b * 2\n", FENCED, tool_format=None)
    outcome, happened = work(root, model, "Make the check pass.", test=CHECK)
    assert (outcome.status, outcome.steps, outcome.changed) == ("done", 2, ("calc.py",))
    (turn,) = open_checkpoints(root).turns()
    assert turn.title == "Make the check pass."
    assert outcome.test is not None and outcome.test.passed
    assert [event.what for event in happened if isinstance(event, events.Asking)][-1] == "calc.py"
    assert (root / "src" / "other.py").read_text().startswith("import calc"), (
        "what does not help is taken back"
    )


@pytest.mark.parametrize(
    ("mode", "consent", "status"),
    [("ask", "no", "refused"), ("ask", "once", "done"), ("auto-edit", "no", "done")],
)
def test_consent(root: Path, mode: Mode, consent: Consent, status: str) -> None:
    outcome, _ = work(
        root, ScriptedGenerator(FENCED, tool_format=None), "Fix @calc.py", mode, consent=consent
    )
    assert outcome.status == status
    assert ((root / "calc.py").read_text() == FIXED) is (status == "done")


def test_words_that_have_to_do_with_no_file(root: Path) -> None:
    with pytest.raises(UsageError, match="No file has to do"):
        work(root, ScriptedGenerator(tool_format=None), "Fix the zeppelin")


def test_a_budget_ends_an_answer(root: Path) -> None:
    model = ScriptedGenerator(" ".join(map(str, range(1000))), tool_format=None, pause_s=0.05)
    outcome, _ = work(root, model, "What is add?", "read-only", budget_s=0.5)
    assert (outcome.status, outcome.exit_code) == ("out of budget", ExitCode.OUT_OF_BUDGET)
    assert outcome.answer.startswith("0 1 2")


def test_relevance_goes_by_the_words_that_identifiers_are_made_of(tmp_path: Path) -> None:
    texts = {
        "disk.py": "def writeCart(cart):\n    pass\n\n\ndef read_cart(path):\n    pass\n",
        "tax.py": "def with_tax(cents):\n    return cents\n",
        "README.md": "# Shop\n\nCarts and taxes.\n",
        ".env": "CART=1\n",
        "logo.png": "\x00",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    workspace = find_workspace(tmp_path)
    ranked = [
        each.source.shown for each in relevant_files("Where are carts written, who writes a cart?", workspace)
    ]
    assert ranked == ["disk.py", "README.md"]
    best = relevant_excerpts("who does write a cart?", workspace, 1000)[-1]
    assert (best.shown, best.text) == ("disk.py:1-2", "def writeCart(cart):\n    pass\n")
    assert relevant_excerpts("write cart", workspace, 10) == []
    assert relevant_excerpts("what is this?", workspace, 1000) == []


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("All is said once.", None),
        ("a b c d e f g h\n" * 3, "a b c d e f g h\n"),
        ("x" * 30, None),
        (TWICE_IN_CODE, None),
        (f"Begin. {LONG_SENTENCE} {LONG_SENTENCE} ", f"Begin. {LONG_SENTENCE}"),
    ],
)
def test_what_is_a_circle(text: str, kept: str | None, size: int) -> None:
    circles = Circles()
    found = [circles.before(text[at : at + size]) for at in range(0, len(text), size)]
    assert next((before for before in found if before is not None), None) == kept
