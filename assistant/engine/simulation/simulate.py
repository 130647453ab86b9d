"""Expected speedups: the real scheduler, fixed lengths and oracles over the same drafts.

Everything here is a pure function of a cost curve (`pass_seconds[n]`: a target pass of n tokens) and of
traces, all of one text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.llama import Context
from assistant.engine.schedule import Scheduler
from assistant.engine.simulation.oracle import clairvoyant, informed
from assistant.engine.simulation.trace import Run, Trace


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ways through one text. `fixed` is the best of the fixed lengths, of any one drafter; `informed`
    and `clairvoyant` are the two oracles, the first None where true chances are not known."""

    plain: Run
    fixed: Run
    scheduled: Run
    informed: Run | None
    clairvoyant: Run

    def speedup(self, run: Run) -> float:
        """How many times as quick as plain decoding."""
        return run.rate / self.plain.rate


def compare(
    pass_seconds: Sequence[float],
    traces: Sequence[Trace],
    lengths: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32),
) -> Comparison:
    """What each way of drafting would bring at these costs."""
    return Comparison(
        plain(pass_seconds, len(traces[0].right)),
        max((fixed(pass_seconds, t, n) for t in traces for n in lengths), key=lambda run: run.rate),
        scheduled(pass_seconds, traces),
        informed(pass_seconds, traces) if all(t.chance for t in traces) else None,
        clairvoyant(pass_seconds, traces),
    )


def plain(pass_seconds: Sequence[float], length: int) -> Run:
    """One token a pass."""
    return Run(length, pass_seconds[1] * length, length)


def fixed(pass_seconds: Sequence[float], trace: Trace, tokens: int) -> Run:
    """Always as many as `tokens` of what the drafter proposes."""
    run = Run()
    while run.tokens < len(trace.right):
        shown, left = len(trace.evidence[run.tokens]), len(trace.right) - run.tokens - 1
        drafted = min(tokens, shown, left, len(pass_seconds) - 2)
        accepted = min(drafted, trace.right[run.tokens])
        run.step(pass_seconds[drafted + 1] + trace.seconds(drafted), drafted, accepted)
    return run


def scheduled(
    pass_seconds: Sequence[float],
    traces: Sequence[Trace],
    scheduler: Callable[[Callable[[], float]], Scheduler] | None = None,
) -> Run:
    """The real scheduler over replayed drafters. `scheduler` makes it from a clock in seconds; by
    default it knows the true costs of passes and nothing of the drafters."""
    run, clock = Run(), _Clock()
    drafters = [_Replay(trace, clock) for trace in traces]
    made = scheduler(clock) if scheduler else Scheduler(pass_seconds, clock=clock)
    length = len(traces[0].right)
    while run.tokens < length:
        draft = made.choose(drafters, length - run.tokens - 1)
        accepted, at = 0, run.tokens
        for drafter, proposal in draft.parts:
            assert isinstance(drafter, _Replay)
            kept = min(len(proposal.tokens), drafter.trace.right[at])
            accepted, at = accepted + kept, at + kept
            if kept < len(proposal.tokens):
                break
        took = pass_seconds[len(draft.tokens) + 1]
        clock.seconds += took
        made.learn(range(run.tokens, run.tokens + accepted + 1), took)
        run.step(0.0, len(draft.tokens), accepted)
        for drafter in drafters:
            drafter.place = run.tokens
    run.seconds = clock.seconds
    return run


_WRONG = -1


@dataclass(slots=True)
class _Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


class _Replay:
    """A drafter that proposes what a trace says, and takes as long."""

    def __init__(self, trace: Trace, clock: _Clock) -> None:
        self.trace = trace
        self.name = trace.drafter
        self.seconds_per_token = trace.seconds_per_token
        self.prior = trace.prior
        self.place = 0
        self._clock = clock

    def begin(self, prompt: Sequence[int]) -> None: ...

    def extend(self, tokens: Sequence[int]) -> None: ...

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        place = self.place + len(after)
        if (after and not self.trace.continues) or place >= len(self.trace.evidence):
            return NOTHING
        evidence = tuple(self.trace.evidence[place][:limit])
        self._clock.seconds += self.trace.seconds(len(evidence))
        right = min(self.trace.right[place], len(evidence))
        wrong = (_WRONG,) * (len(evidence) - right)
        return Proposal((*range(place, place + right), *wrong), evidence)

    def close(self) -> None: ...
