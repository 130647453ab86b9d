"""How often the tokens of a drafter are right: learned while it works, kept for this process."""

from collections.abc import Callable, Sequence
from math import exp

_PRIOR_WEIGHT = 4.0
_MEMORY = 0.99
_FORM_MEMORY = 0.9
_FORM_WEIGHT = 2.0
_FORM_RANGE = (-3.0, 3.0)
_RUN_MEMORY = 0.9
_EXTREME = 0.01


class Acceptance:
    """The odds that one drafter's next token is right, given that those before it are.

    `odds[evidence]` counts all that was seen, recent tokens more, and starts at the drafter's own
    prior. `form` multiplies all of them: how much better or worse than its evidence says the drafter
    does just now. It is one Newton step of a logistic offset over the last few proposals. `run` is the
    longest run of right tokens lately. Form and run follow a drafter that fails within a few steps,
    whatever its record."""

    def __init__(self, prior: Callable[[int], float]) -> None:
        self.odds: list[float] = []
        self.form = 1.0
        self.run = 0.0
        self._prior = prior
        # Per evidence: tokens that were right and wrong, the prior counted in when odds are made.
        self._right: list[float] = []
        self._wrong: list[float] = []
        self._surprise = 0.0
        self._variance = 0.0

    def know(self, evidence: Sequence[int]) -> None:
        """Make `odds` reach as far as the largest of `evidence`."""
        for each in range(len(self.odds), max(evidence) + 1):
            chance = self._assumed(each)
            self.odds.append(chance / (1 - chance))
            self._right.append(0.0)
            self._wrong.append(0.0)

    def learn(self, evidence: Sequence[int], right: int) -> None:
        """The first `right` tokens of a proposal with this evidence were right. The one behind them,
        where there is one, was wrong, and those behind it say nothing: their context was wrong."""
        self.know(evidence)
        self._surprise *= _FORM_MEMORY
        self._variance *= _FORM_MEMORY
        for i, each in enumerate(evidence[: right + 1]):
            hit = i < right
            chance = 1 - 1 / (1 + self.odds[each])
            self._surprise += hit - chance
            self._variance += chance * (1 - chance)
            self._right[each] = self._right[each] * _MEMORY + hit
            self._wrong[each] = self._wrong[each] * _MEMORY + (not hit)
            prior = _PRIOR_WEIGHT * self._assumed(each)
            self.odds[each] = (self._right[each] + prior) / (self._wrong[each] + _PRIOR_WEIGHT - prior)
        lowest, highest = _FORM_RANGE
        self.form = exp(min(max(self._surprise / (self._variance + _FORM_WEIGHT), lowest), highest))
        if right < len(evidence):
            self.run *= _RUN_MEMORY
        self.run = max(self.run, right)

    def _assumed(self, evidence: int) -> float:
        return min(max(self._prior(evidence), _EXTREME), 1 - _EXTREME)
