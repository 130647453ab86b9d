"""A model that no grammar can hold: what it writes is read leniently, and it is told what could not be."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.agent import events
from assistant.chat.generator import Reply, ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.chat.tools import FORMATS, ToolFormatName
from assistant.errors import CoderError, ModelError, UsageError
from tests.agent.agent_run import DONE, FIX, FIXED, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]


class Ungrammatical(ScriptedGenerator):
    """Refuses every grammar, as a model does whose tokens cannot spell every text."""

    refusal: CoderError = UsageError("The Lark grammar cannot be used as a grammar: too large.")

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        if options.grammar is not None:
            raise self.refusal
        yield from super().reply(messages, options)


@pytest.mark.parametrize(
    "refusal", [UsageError("It is too large."), ModelError("Its tokens cannot spell every text.")]
)
def test_a_model_that_no_grammar_holds_works_and_the_user_is_told_once(
    root: Path, refusal: CoderError
) -> None:
    model = Ungrammatical(*script(FIX, DONE))
    model.refusal = refusal
    run = Run(root)
    assert run(model).status == "done"
    assert (root / "calc.py").read_text() == FIXED
    notes = [event.notes for event in run.events if isinstance(event, Reply)]
    assert notes == [(f"Tool calls are not held to their format: {refusal.message}",), ()]


def test_a_fault_that_is_not_the_grammars_is_not_hidden(root: Path) -> None:
    with pytest.raises(UsageError, match="no such model"):
        Run(root)(Ungrammatical(UsageError("no such model")))


BROKEN = {
    "prose": "I would read calc.py first, number {}.",
    "broken JSON": '{{"name": "read", "arguments": {{"path": {} }}',
    "broken DSML": '<｜DSML｜invoke name="read">{}</｜DSML｜invoke>',
    "no such tool": '{{"name": "open{}", "arguments": {{}}}}',
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("format", ["hermes", "deepseek-v4"])
def test_what_cannot_be_read_is_told_and_the_tries_are_bounded(
    root: Path, case: str, format: ToolFormatName
) -> None:
    answers = [BROKEN[case].format(f"x{number}") for number in range(9)]
    run = Run(root)
    outcome = run(Ungrammatical(*answers, tool_format=format))
    assert (outcome.status, outcome.steps, outcome.exit_code) == ("no call", 5, 1)
    assert all(
        "There are: " in told or FORMATS[format].call("list", {"path": "."}) in told for told in run.told
    )
    assert not any(isinstance(event, events.Called) for event in run.events)


def test_a_call_that_can_be_read_begins_the_count_anew(root: Path) -> None:
    lapses = [f"Thought {number}." for number in range(8)]
    read, fix, done = script(("read", {"path": "calc.py"}), FIX, DONE)
    outcome = Run(root)(Ungrammatical(*lapses[:4], read, *lapses[4:], fix, done))
    assert outcome.status == "done"
