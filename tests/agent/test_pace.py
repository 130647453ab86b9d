"""Answers planned by the time that is left, and what plain decoding would have reached in it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.agent import budget
from assistant.agent import pace as pacing
from assistant.agent.pace import Pace, PlainEstimate
from assistant.chat.generator import Reply, ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.engine.stats import Stats
from assistant.errors import ExitCode
from tests.agent.agent_run import DONE, FIX, FIXED, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]


# A token in a pass of its own takes 100 ms, eight in one 160 ms.
COSTS = (0.0, 0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.155, 0.16)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [0.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: clock[0])
    return clock


def test_length_goes_by_the_cost_curve_and_then_by_what_was_measured(now: list[float]) -> None:
    assert Pace(ScriptedGenerator()).tokens_in(10, 100) is None
    pace = Pace(ScriptedGenerator(cost_curve=COSTS))
    assert pace.tokens_in(10, 100) == 60, "8 s with a margin, 2 s of them for reading 100 tokens"
    pace.note(Stats(prompt_tokens=100, prefill_s=5.0, emitted=50, decode_s=1.0))
    assert pace.tokens_in(10, 150) == 397, "only what is new is read, 50 ms a token, and 20 ms written"
    assert pace.tokens_in(0.05, 150) == 0


def test_plain_decoding_is_replayed_from_the_same_answers(now: list[float]) -> None:
    pace = Pace(ScriptedGenerator(cost_curve=COSTS))
    for seconds, decode_s in ((4.0, 3.0), (8.0, 3.0)):
        now[0] = seconds
        pace.note(Stats(emitted=60, decode_s=decode_s))
    # Plain takes 1 s and 6 s for the first answer, so that 0 s of 8 are left for writing the second.
    assert pace.plain(8.0) == PlainEstimate(steps=1, tokens=60, decode_tps=10.0)
    assert pace.plain(5.0) == PlainEstimate(steps=0, tokens=40, decode_tps=10.0)
    assert pace.plain(14.0) == PlainEstimate(steps=2, tokens=120, decode_tps=10.0)
    assert Pace(ScriptedGenerator()).plain(5.0) is None


def test_an_answer_is_planned_to_end_before_the_time_does(root: Path) -> None:
    """The scripted model says that it takes 20 ms a token."""
    model = ScriptedGenerator(*script(FIX, DONE))
    run = Run(root, budget_s=20.0)
    outcome = run(model)
    first, second = (options.max_tokens for _, options in model.asked)
    assert first == 4096 // 3, "nothing is known yet"
    assert second == 512
    assert (outcome.status, outcome.budget_s) == ("done", 20.0)


def test_what_cannot_be_finished_is_not_begun_and_partial_work_stays(root: Path) -> None:
    model = _Saying(Stats(emitted=10, decode_s=80.0), *script(FIX, DONE))
    outcome = Run(root, budget_s=100.0)(model)
    assert (outcome.status, outcome.exit_code, len(model.asked)) == (
        "out of budget",
        ExitCode.OUT_OF_BUDGET,
        1,
    )
    assert (root / "calc.py").read_text() == FIXED
    assert outcome.seconds < 100


def test_the_model_is_told_once_that_its_time_is_nearly_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    class Slow(_Saying):
        """Each answer takes 40 s."""

        def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
            clock[0] += 40.0
            yield from super().reply(messages, options)

    run = Run(root, budget_s=200.0)
    reads = [("read", {"path": path}) for path in ("calc.py", "src/other.py", ".gitignore", "calc.py")]
    run(Slow(Stats(), *script(*reads, ("list", {}), DONE)))
    assert ["(40 s are left: finish, and call done.)" in text for text in run.told[:5]] == [
        False, False, False, True, False
    ]  # fmt: skip


class _Saying(ScriptedGenerator):
    """Says this of its speed, after each answer."""

    def __init__(self, stats: Stats, *answers: str) -> None:
        super().__init__(*answers)
        self._stats = stats

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        for event in super().reply(messages, options):
            yield replace(event, stats=self._stats) if isinstance(event, Reply) else event
