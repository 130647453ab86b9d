"""Expected speedups without a model: the real scheduler, fixed lengths and oracles over recorded drafts.

Everything here is a pure function of a cost curve (`pass_seconds[n]`: a target pass of n tokens) and of
traces: what each drafter would propose at every place of one text, and how much of that is right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.engine.drafters import NOTHING, Drafter, Proposal
from assistant.engine.llama import Context
from assistant.engine.schedule import Scheduler


@dataclass(frozen=True, slots=True)
class Trace:
    """What `drafter` would propose for the tokens from place t of a text on.

    `evidence[t]` has a number for each proposed token, the first `right[t]` of which are what the
    target will choose. `chance[t]` are the true chances of the tokens to be right, each given that
    those before it are; empty where they are not known. `prior` is the drafter's own assumption;
    `continues` says whether it can go on behind another drafter's tokens."""

    drafter: str
    evidence: Sequence[Sequence[int]]
    right: Sequence[int]
    chance: Sequence[Sequence[float]] = ()
    prior: Callable[[int], float] = field(default=lambda evidence: 0.5)
    seconds_per_proposal: float = 0.0
    seconds_per_token: float = 0.0
    continues: bool = True

    def seconds(self, tokens: int) -> float:
        """What a proposal of so many tokens takes."""
        return self.seconds_per_proposal + self.seconds_per_token * tokens


@dataclass(slots=True)
class Run:
    """One way through a text: tokens emitted, seconds, target passes, tokens drafted and accepted."""

    tokens: int = 0
    seconds: float = 0.0
    passes: int = 0
    drafted: int = 0
    accepted: int = 0

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    def step(self, seconds: float, drafted: int, accepted: int) -> None:
        self.tokens += accepted + 1
        self.seconds += seconds
        self.passes += 1
        self.drafted += drafted
        self.accepted += accepted


def record(drafter: Drafter, prompt: Sequence[int], output: Sequence[int], limit: int = 48) -> Trace:
    """The trace of a drafter that reads tokens alone (lookup, edit) on a text that is known."""
    drafter.begin(prompt)
    evidence: list[Sequence[int]] = []
    right: list[int] = []
    for place, token in enumerate(output):
        proposal = drafter.propose(limit)
        ahead = output[place : place + len(proposal.tokens)]
        wrong = (i for i, (a, b) in enumerate(zip(proposal.tokens, ahead, strict=False)) if a != b)
        right.append(next(wrong, len(ahead)))
        evidence.append(proposal.evidence)
        drafter.extend([token])
    return Trace(drafter.name, evidence, right, prior=drafter.prior)


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


def informed(pass_seconds: Sequence[float], traces: Sequence[Trace]) -> Run:
    """The best of the stationary policies that know every proposal's true chances before they pay for
    it, and nothing else of the future. A policy takes the draft with the most expected tokens less
    what its time is worth, at one price of time for all steps."""
    slowest = 1 / pass_seconds[1]
    return max(
        (_at_price(pass_seconds, traces, slowest * price) for price in (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 6)),
        key=lambda run: run.rate,
    )


def _at_price(pass_seconds: Sequence[float], traces: Sequence[Trace], price: float) -> Run:
    run, length = Run(), len(traces[0].right)
    passes = np.asarray(pass_seconds)
    while run.tokens < length:
        place = run.tokens
        best = (1 - price * pass_seconds[1], pass_seconds[1], 0, 0)
        for trace in traces:
            chance = np.asarray(trace.chance[place][: min(len(passes) - 2, length - place - 1)])
            if not len(chance):
                continue
            count = np.arange(1, len(chance) + 1)
            seconds = passes[count + 1] + trace.seconds_per_proposal + trace.seconds_per_token * count
            worth = 1 + np.cumsum(np.cumprod(chance)) - price * seconds
            n = int(worth.argmax())
            if worth[n] > best[0]:
                best = (worth[n], seconds[n], n + 1, min(n + 1, trace.right[place]))
        run.step(*best[1:])
    return run


def clairvoyant(pass_seconds: Sequence[float], traces: Sequence[Trace]) -> Run:
    """The quickest way of all, which knows the future: it never drafts a wrong token and never pays for
    a proposal that does not help. Exact, by dynamic programming from the end of the text."""
    length, longest = len(traces[0].right), len(pass_seconds) - 2
    remaining = [0.0] * (length + 1)
    chosen = [0] * length
    for place in reversed(range(length)):
        remaining[place] = pass_seconds[1] + remaining[place + 1]
        for trace in traces:
            for n in range(1, min(trace.right[place], longest, length - place - 1) + 1):
                seconds = trace.seconds(n) + pass_seconds[n + 1] + remaining[place + n + 1]
                if seconds < remaining[place]:
                    remaining[place], chosen[place] = seconds, n
    run = Run()
    while run.tokens < length:
        n = chosen[run.tokens]
        run.step(0.0, n, n)
    run.seconds = remaining[0]
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
