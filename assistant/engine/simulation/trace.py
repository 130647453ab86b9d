"""What drafters propose for a text that is known, and a way through it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from assistant.engine.drafters import Drafter


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


def in_turn(phases: Sequence[Trace]) -> Trace:
    """One text after another, all of one drafter."""
    return replace(
        phases[0],
        evidence=list(chain.from_iterable(phase.evidence for phase in phases)),
        right=list(chain.from_iterable(phase.right for phase in phases)),
        chance=list(chain.from_iterable(phase.chance for phase in phases)),
    )


def calibrated(trace: Trace) -> Trace:
    """The trace with the chances that its evidence had in hindsight, counted over all places."""
    highest = max(chain.from_iterable(trace.evidence), default=0)
    right, seen = np.zeros(highest + 1), np.zeros(highest + 1)
    for evidence, good in zip(trace.evidence, trace.right, strict=True):
        for i, each in enumerate(evidence[: good + 1]):
            right[each] += i < good
            seen[each] += 1
    share = right / np.maximum(seen, 1)
    return replace(trace, chance=[share[list(evidence)].tolist() for evidence in trace.evidence])
