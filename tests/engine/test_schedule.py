"""What the scheduler drafts: nothing that costs more than it brings, and the best of what it is offered."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.curve import CostCurve
from assistant.engine.drafters import NOTHING, Draft, Proposal
from assistant.engine.llama import Context
from assistant.engine.schedule import Scheduler

CPU = [0.0, 1.0, 1.65, 2.0, 2.33, 2.6, 2.9, 3.2, 3.45, *(3.45 + 0.27 * i for i in range(1, 25))]
GPU = [0.0, *(max(1 + 0.01 * n, n / 8) for n in range(33))]
RIGHT, WRONG = 7, 8


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Scripted:
    """Proposes what `guess` says for a place of a text of RIGHT tokens, and takes its time."""

    guess: Callable[[int], Sequence[int]]
    name: str = "scripted"
    clock: Clock = field(default_factory=Clock)
    seconds: float = 0.0
    seconds_per_token: float = 0.0
    assumed: float = 0.5
    evidence: int = 3
    place: int = 0
    spent: float = 0.0
    asked: list[int] = field(default_factory=list)

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        tokens = tuple(self.guess(self.place + len(after)))[:limit]
        took = self.seconds + self.seconds_per_token * len(tokens)
        self.clock.seconds += took
        self.spent += took
        self.asked.append(self.place + len(after))
        return Proposal(tokens, (self.evidence,) * len(tokens)) if tokens else NOTHING

    def prior(self, evidence: int) -> float:
        return self.assumed

    def begin(self, prompt: Sequence[int]) -> None: ...

    def extend(self, tokens: Sequence[int]) -> None: ...

    def observe(self, context: Context, start: int) -> None: ...

    def close(self) -> None: ...


def write(
    scheduler: Scheduler,
    drafters: Sequence[Scripted],
    clock: Clock,
    length: int,
    passes: Sequence[float],
    start: int = 0,
) -> list[int]:
    """The sizes of the passes in which a text of RIGHT tokens is emitted from place `start` on."""
    sizes, place, end = [], start, start + length
    while place < end:
        for drafter in drafters:
            drafter.place = place
        draft = scheduler.choose(drafters, end - place - 1).tokens
        right = next((i for i, token in enumerate(draft) if token != RIGHT), len(draft))
        sizes.append(len(draft) + 1)
        clock.seconds += passes[len(draft) + 1]
        scheduler.learn([RIGHT] * (right + 1), passes[len(draft) + 1])
        place += right + 1
    return sizes


def always(*tokens: int) -> Callable[[int], Sequence[int]]:
    return lambda place: tokens


@pytest.mark.parametrize("passes", [CPU, GPU], ids=["cpu", "gpu"])
@pytest.mark.parametrize("assumed", [0.3, 0.9])
@pytest.mark.parametrize(
    ("seconds", "seconds_per_token"), [(0.0, 0.0), (0.3, 0.0), (0.02, 0.1)], ids=["free", "block", "model"]
)
def test_drafts_that_are_never_right_cost_less_than_two_percent(
    passes: Sequence[float], assumed: float, seconds: float, seconds_per_token: float
) -> None:
    clock = Clock()
    wrong = Scripted(
        always(*[WRONG] * 12),
        clock=clock,
        seconds=seconds,
        seconds_per_token=seconds_per_token,
        assumed=assumed,
    )
    write(Scheduler(passes, clock=clock), [wrong], clock, 1500, passes)
    assert clock.seconds < 1.02 * 1500 * passes[1]


def test_a_paid_drafter_without_promise_is_asked_within_one_percent_of_the_time() -> None:
    clock = Clock()
    wrong = Scripted(always(*[WRONG] * 7), clock=clock, seconds=0.3)
    scheduler = Scheduler(CPU, clock=clock)
    write(scheduler, [wrong], clock, 500, CPU)
    known = wrong.spent
    write(scheduler, [wrong], clock, 2000, CPU)
    assert 0 < wrong.spent - known <= 0.01 * 2000 * CPU[1]


@pytest.mark.parametrize(("seconds", "most"), [(0.0, 16), (0.15, 150)], ids=["free", "paid"])
def test_a_drafter_that_turns_good_is_used_and_one_that_turns_bad_is_dropped(
    seconds: float, most: int
) -> None:
    """`most` steps until what a drafter does now is known: a paid one is not asked at each."""
    clock = Clock()
    turning = Scripted(
        lambda place: [RIGHT if 600 <= place < 1200 else WRONG] * 8, clock=clock, seconds=seconds
    )
    scheduler = Scheduler(CPU, clock=clock)
    phases = [write(scheduler, [turning], clock, 600, CPU, start) for start in (0, 600, 1200)]
    assert sum(size > 1 for size in phases[0][most:]) <= 0.02 * len(phases[0])
    assert min(phases[1][most:-1]) >= 4
    assert sum(size > 1 for size in phases[2][most:]) <= 0.02 * len(phases[2])


def test_the_good_spots_of_a_curve_are_picked() -> None:
    """Four tokens cost what three do, and eight less than six."""
    passes = [0.0, 1.0, 1.5, 2.0, 2.0, 3.0, 3.6, 3.6, 3.1, 5.0, 5.5, 6.0]
    clock = Clock()
    good = Scripted(lambda place: [RIGHT] * (place % 7) + [WRONG] * 9, assumed=0.9, clock=clock)
    sizes = write(Scheduler(passes, clock=clock), [good], clock, 2000, passes)
    common = {size for size, times in Counter(sizes).items() if times > 0.02 * len(sizes)}
    assert common <= {1, 2, 4, 8} and common & {4, 8}


def test_what_a_grammar_forces_is_drafted_at_once_however_long() -> None:
    forced = Scripted(always(*[RIGHT] * 24), assumed=1.0, evidence=1)
    assert len(Scheduler(CPU).choose([forced], 30).tokens) == 24


def test_the_better_of_two_drafters_is_taken() -> None:
    clock = Clock()
    bad, good = (
        Scripted(always(*[token] * 6), name=name, clock=clock)
        for name, token in (("bad", WRONG), ("good", RIGHT))
    )
    scheduler = Scheduler(CPU, clock=clock)
    write(scheduler, [bad, good], clock, 60, CPU)
    assert scheduler.choose([bad, good], 20).parts[0][0] is good


def test_a_second_drafter_continues_a_whole_proposal_and_is_not_blamed_for_the_first() -> None:
    clock = Clock()
    first = Scripted(always(RIGHT, RIGHT), name="first", clock=clock, assumed=0.9)
    second = Scripted(lambda place: [RIGHT] * 6 if place % 3 else [], name="second", clock=clock, assumed=0.9)
    scheduler = Scheduler(GPU, clock=clock)
    write(scheduler, [first, second], clock, 90, GPU)
    first.place = second.place = 300
    draft = scheduler.choose([first, second], 20)
    assert [drafter.name for drafter, _ in draft.parts] == ["first", "second"]
    assert second.asked[-1] == 302, "it is asked for what follows the first one's tokens"
    scheduler.learn([WRONG], GPU[len(draft.tokens) + 1])
    again = scheduler.choose([first, second], 20)
    assert len(again.parts[-1][1].tokens) == len(draft.parts[-1][1].tokens)


def test_a_curve_that_promised_too_much_is_corrected_by_the_passes_that_are_seen() -> None:
    """Plain passes must be among them: here every fifth place has no draft."""
    clock = Clock()
    promised = CostCurve((1, 2, 4, 8), (1.0, 1.01, 1.02, 1.03))
    true = [0.0, *(float(n) for n in range(1, 10))]
    drafter = Scripted(lambda place: [RIGHT] * 2 + [WRONG] * 5 if place % 5 else [], clock=clock)
    sizes = write(Scheduler(promised, clock=clock), [drafter], clock, 1500, true)
    assert sum(size > 1 for size in sizes[:20]) >= 15
    assert sum(size > 1 for size in sizes[-100:]) <= 10


@given(
    guesses=st.lists(st.lists(st.sampled_from([RIGHT, WRONG]), max_size=40), min_size=1, max_size=3),
    prices=st.lists(st.sampled_from([0.0, 0.05, 0.4]), min_size=3, max_size=3),
    room=st.integers(-1, 50),
    steps=st.integers(0, 6),
)
def test_a_draft_fits_and_is_what_was_proposed(
    guesses: list[list[int]], prices: list[float], room: int, steps: int
) -> None:
    clock = Clock()
    drafters = [
        Scripted(always(*guess), name=str(i), clock=clock, seconds=price)
        for i, (guess, price) in enumerate(zip(guesses, prices, strict=False))
    ]
    scheduler = Scheduler(CPU, clock=clock)
    write(scheduler, drafters, clock, steps, CPU)
    draft = scheduler.choose(drafters, room)
    assert len(draft.tokens) <= max(0, min(room, len(CPU) - 2))
    for drafter, proposal in draft.parts:
        assert isinstance(drafter, Scripted)
        whole = tuple(drafter.guess(0))
        assert proposal.tokens == whole[: len(proposal.tokens)] != ()
        assert len(proposal.evidence) == len(proposal.tokens)


def test_without_costs_nothing_is_drafted() -> None:
    assert Scheduler(()).choose([Scripted(always(RIGHT))], 10) == Draft()
