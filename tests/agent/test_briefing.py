"""What the model is told of the repository: AGENTS.md, the map, and what the task mentions, in this order."""

from pathlib import Path

import pytest

from assistant.agent import events
from assistant.agent.briefing import Briefing, KnownRepository, brief
from assistant.agent.session import Sessions
from assistant.errors import UsageError
from assistant.repo.workspace import find_workspace
from tests.agent.agent_run import BUGGY, DONE, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
RULES = "Write no tests.\n"


def briefed(root: Path, task: str, *, context_tokens: int = 8192, goes_on: bool = False) -> Briefing:
    model = ScriptedGenerator(context_tokens=context_tokens)
    with KnownRepository(find_workspace(root)) as repository:
        return brief(repository, model, repository.mentions(task), goes_on=goes_on)


def test_what_is_the_same_for_every_task_comes_first(root: Path) -> None:
    (root / "AGENTS.md").write_text(RULES)
    prompts = []
    for task in ("Explain @calc.py", "Explain @src/other.py:"):
        model = ScriptedGenerator(*script(DONE), context_tokens=8192)
        run = Run(root, task=task, briefing=briefed(root, task))
        run(model)
        prompts.append(model.asked[0][0][1].content)
        (step,) = (event for event in run.events if isinstance(event, events.Step))
        assert min(step.usage.system, step.usage.map, step.usage.files, step.usage.conversation) > 0
    first, second = prompts
    places = [first.index(text) for text in (RULES, "def add(a, b)", "Explain @calc.py", BUGGY)]
    assert places == sorted(places)
    assert second[: places[2]] == first[: places[2]]


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("Explain @calc.py", "calc.py\ndef add"),
        ("Explain @add", "calc.py:1-2\ndef add"),
        ("Explain @src", "src/other.py\nimport calc"),
    ],
)
def test_a_mention_brings_a_file_a_definition_or_a_folder(root: Path, task: str, given: str) -> None:
    assert given in briefed(root, task).given


def test_a_mention_of_nothing_is_an_error_before_the_model_is_asked(root: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        briefed(root, "Explain @src/gone.py")


def test_a_small_context_has_no_map_and_names_what_is_too_long_for_it(root: Path) -> None:
    (root / "long.py").write_text("x = 1\n" * 2000)
    briefing = briefed(root, "Explain @long.py", context_tokens=2048)
    assert (briefing.map, briefing.given) == ("", "")
    assert briefing.notes == ("long.py is too long to be given whole: the model is told its name.",)


def test_a_session_keeps_its_first_briefing(root: Path) -> None:
    first = ScriptedGenerator(*script(DONE), context_tokens=8192)
    run = Run(root, briefing=briefed(root, "Make add add."))
    run(first)
    sessions = Sessions(root)
    with sessions.new() as session:
        for event in run.events:
            session.append(event)
    (root / "new.py").write_text("def quite_new(): ...\n")
    task = "And @new.py?"
    second = ScriptedGenerator(*script(DONE), context_tokens=8192)
    again = Run(root, task=task, briefing=briefed(root, task, goes_on=True))
    resumed, history = sessions.resume("last")
    with resumed:
        again(second, history=history)
    before, after = first.asked[-1][0], second.asked[0][0]
    assert after[: len(before)] == before
    assert "And @new.py?\n\n``` new.py\ndef quite_new" in after[-1].content
