"""Drafters that are networks: what they know of the text, what they cost, and what happens when they fail."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.drafters.evidence import probability_of
from assistant.engine.llama import Context
from assistant.engine.sampling import Sampling
from assistant.errors import CoderError

_COST_WEIGHT = 0.1


class NetworkDrafter(ABC):
    """`sampling` is the target's, set before each answer: the draft chooses by the same noise.

    A pass that fails ends drafting, not the answer: `failure` then says why."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sampling = Sampling()
        self.seconds_per_token = 0.0
        self.failure = ""
        self._history: list[int] = []

    def begin(self, prompt: Sequence[int]) -> None:
        self._history = list(prompt)

    def extend(self, tokens: Sequence[int]) -> None:
        self._history.extend(tokens)

    def observe(self, context: Context, start: int) -> None:
        """Nothing, where the draft does not read the target's hidden states."""
        return

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        if limit <= 0 or self.failure or not self._history:
            return NOTHING
        try:
            if not self._catch_up(after):
                return NOTHING
            started = time.perf_counter()
            proposal = self._draft(limit, after)
        except CoderError as error:
            self.failure = error.message
            return NOTHING
        self._learn_cost((time.perf_counter() - started) / max(1, len(proposal.tokens)))
        return proposal

    def seconds_of_a_draft(self) -> float:
        """What a draft takes, tried out before the first prompt; 0 where that cannot be told."""
        return 0.0

    def prior(self, evidence: int) -> float:
        return probability_of(evidence)

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _catch_up(self, after: Sequence[int]) -> bool:
        """Read what has waited longer than a step, which is no cost of the next proposal. Whether
        there can be one."""

    @abstractmethod
    def _draft(self, limit: int, after: Sequence[int]) -> Proposal: ...

    def _tail(self) -> list[int]:
        """As much of the history as sampling looks at."""
        return self._history[-max(1, self.sampling.repeat_last_n) :]

    def _learn_cost(self, seconds: float) -> None:
        known = self.seconds_per_token
        self.seconds_per_token = known + (seconds - known) * (_COST_WEIGHT if known else 1.0)
