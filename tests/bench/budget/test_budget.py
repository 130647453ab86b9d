"""Turns under a limit: cut off, gone on with, counted; and the same from published figures."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from assistant.bench.budget.replay import replay
from assistant.bench.budget.simulate import DSPARK, simulate, tally
from assistant.bench.tasks import Request, Task
from assistant.chat.generator import Reply, ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.engine.stats import Stats
from tests.scripted import ScriptedGenerator

WARM_UP = 16


class Clocked(ScriptedGenerator):
    """Writes as many tokens of a long answer as its speed allows before the limit, without waiting for it."""

    def __init__(self, plain: int, speculative: int) -> None:
        super().__init__()
        self._room = {False: plain, True: speculative}

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        self.asked.append((tuple(messages), options))
        assert options.max_tokens
        emitted = min(self._room[options.speculate], options.max_tokens)
        cut = emitted < options.max_tokens
        stats = Stats(prompt_tokens=10 + len(options.prefix), emitted=emitted)
        yield Reply(options.prefix + "x" * emitted, "", "cancelled" if cut else "length", stats)


def test_turns_are_gone_on_with_until_the_job_is_done() -> None:
    generator = Clocked(plain=25, speculative=60)
    found = replay(generator, [Task("t", "", (Request("q", max_tokens=100),))], 30.0, lambda *_: None)
    plain, speculative = found.tallies
    assert (plain.turns, plain.timeouts, plain.finished, plain.useful) == (4, 3, 1, 100)
    assert (speculative.turns, speculative.timeouts, speculative.useful) == (2, 1, 100)
    assert plain.billed_in == 4 * 10 + 25 + 50 + 75
    assert speculative.billed_in == 2 * 10 + 60
    assert plain.billed_out == speculative.billed_out == 100
    assert found.more_work(speculative) == 2.0
    prefixes = [len(options.prefix) for _, options in generator.asked]
    assert prefixes == [0, 0, 25, 50, 75, 0, 60]


def test_a_job_that_gets_nowhere_is_given_up() -> None:
    found = replay(Clocked(0, 0), [Task("t", "", (Request("q"),))], 1.0, lambda *_: None)
    assert [(one.jobs, one.finished, one.useful) for one in found.tallies] == [(1, 0, 0), (1, 0, 0)]


def test_the_clock_cuts_a_turn_off() -> None:
    generator = ScriptedGenerator("warm", *["word " * 400] * 40, pause_s=0.01, piece_chars=5)
    task = Task("t", "", (Request("q", max_tokens=60),))
    found = replay(generator, [task], 0.05, lambda *_: None)
    assert all(one.timeouts > 0 and one.seconds < 0.5 * one.turns for one in found.tallies)


def test_published_gains_bring_as_much_more_work() -> None:
    """Of jobs that are many turns long."""
    flash, pro = DSPARK
    found = simulate(flash, 50.0, [1_000_000.0], 30.0)
    assert [round(found.more_work(one), 2) for one in found.tallies] == [1.0, 1.6, 1.85]
    assert "v4-flash" in found.simulated and "2607.05147" in found.simulated
    assert (pro.low, pro.high) == (1.57, 1.78)
    assert len({one.billed_out for one in found.tallies}) == 1


@given(
    st.lists(st.floats(1, 1e5), min_size=1, max_size=20),
    st.floats(0.1, 1e3),
    st.floats(1.0, 9),
    st.floats(1, 99),
)
def test_speed_never_costs_turns(lengths: list[float], tps: float, gain: float, limit_s: float) -> None:
    slow, fast = tally("slow", tps, lengths, limit_s), tally("fast", tps * gain, lengths, limit_s)
    if slow.finished:
        assert fast.turns <= slow.turns and fast.billed_out == slow.billed_out
        assert slow.turns == slow.timeouts + slow.jobs


def test_a_limit_that_no_token_meets() -> None:
    found = tally("slow", 0.1, [5.0], 1.0)
    assert (found.finished, found.timeouts, found.work_per_turn) == (0, 1, 0.0)
    assert simulate(DSPARK[0], 0.1, [5.0], 1.0).as_dict()["ways"][0]["more_work"] == 0.0
