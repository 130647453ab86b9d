"""How many tokens to draft now, and by which drafter: the cost curve times the acceptance estimate."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.engine.drafters import NOTHING, Drafter, Proposal

_PRIOR_WEIGHT = 4.0
_DECAY = 0.98
_WORTHWHILE = 1.02


@dataclass(slots=True)
class Acceptance:
    """How often tokens of a drafter with some evidence were right, recent ones counting more."""

    _counts: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def estimate(self, drafter: Drafter, evidence: int) -> float:
        right, seen = self._counts.get((drafter.name, evidence), (0.0, 0.0))
        return (right + _PRIOR_WEIGHT * drafter.prior(evidence)) / (seen + _PRIOR_WEIGHT)

    def learn(self, drafter: Drafter, proposal: Proposal, accepted: int) -> None:
        """Tokens behind the first wrong one say nothing: their context was wrong."""
        for i, evidence in enumerate(proposal.evidence[: accepted + 1]):
            count = self._counts.setdefault((drafter.name, evidence), [0.0, 0.0])
            count[0] = count[0] * _DECAY + (i < accepted)
            count[1] = count[1] * _DECAY + 1


class Scheduler:
    """Picks at each step the proposal and the length with the most expected tokens per second.

    `pass_seconds[n]` is the time of a target pass of n tokens (index 0 unused)."""

    def __init__(self, pass_seconds: Sequence[float]) -> None:
        self._pass_seconds = pass_seconds
        self.longest = len(pass_seconds) - 2
        self.acceptance = Acceptance()

    def choose(self, drafters: Sequence[Drafter], room: int) -> tuple[Drafter | None, Proposal]:
        """The best draft of at most `room` tokens, or (None, nothing) where plain decoding is quicker.

        Drafters that cost time are asked only when the free ones promise less than they have given."""
        limit = min(room, self.longest)
        best: tuple[Drafter | None, Proposal] = (None, NOTHING)
        if limit <= 0:
            return best
        best_rate = _WORTHWHILE / self._pass_seconds[1]
        for drafter in sorted(drafters, key=lambda drafter: drafter.seconds_per_token):
            if drafter.seconds_per_token and self._promise(drafter, limit) <= best_rate:
                continue
            proposal = drafter.propose(min(limit, _PAID_LENGTH) if drafter.seconds_per_token else limit)
            length, rate = self._best_length(drafter, proposal)
            if length and rate > best_rate:
                best_rate = rate
                best = drafter, Proposal(proposal.tokens[:length], proposal.evidence[:length])
        return best

    def _best_length(self, drafter: Drafter, proposal: Proposal) -> tuple[int, float]:
        """The length with the highest expected tokens per second, and that rate. What drafting took
        is spent."""
        spent = drafter.seconds_per_token * len(proposal.tokens)
        best_length, best_rate = 0, 0.0
        expected = reached = 1.0
        for i, evidence in enumerate(proposal.evidence[: self.longest]):
            reached *= self.acceptance.estimate(drafter, evidence)
            expected += reached
            rate = expected / (self._pass_seconds[i + 2] + spent)
            if rate > best_rate:
                best_length, best_rate = i + 1, rate
        return best_length, best_rate

    def _promise(self, drafter: Drafter, limit: int) -> float:
        """Expected rate of a costly drafter at its typical confidence, before asking it."""
        likely = self.acceptance.estimate(drafter, _TYPICAL_EVIDENCE)
        expected, best = 1.0, 0.0
        for i in range(min(limit, _PAID_LENGTH)):
            expected += likely ** (i + 1)
            best = max(best, expected / (self._pass_seconds[i + 2] + drafter.seconds_per_token * (i + 1)))
        return best


_PAID_LENGTH = 8
_TYPICAL_EVIDENCE = 18
