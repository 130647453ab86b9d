"""Drafters guess the next tokens; the target verifies. They compete at each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from assistant.engine.llama import Context


@dataclass(frozen=True, slots=True)
class Proposal:
    """Guessed tokens. `evidence[i]` is how much speaks for token i, a small integer whose meaning
    is the drafter's (matched tokens, confidence in twentieths): the scheduler learns how often each is
    right, and what is known of one is taken to hold wherever in a draft it occurs."""

    tokens: tuple[int, ...]
    evidence: tuple[int, ...]


class Drafter(Protocol):
    """One way of guessing. `seconds_per_token` is its own cost, 0 where it is negligible."""

    @property
    def name(self) -> str: ...

    @property
    def seconds_per_token(self) -> float: ...

    def begin(self, prompt: Sequence[int]) -> None:
        """A new answer starts after these tokens."""
        ...

    def extend(self, tokens: Sequence[int]) -> None:
        """The target emitted these tokens."""
        ...

    def observe(self, context: Context, start: int) -> None:
        """The target evaluated `context.tokens[start:]` in its last pass. What that pass computed for
        them (row i is token start + i) can be read until the next one: drafters fed by the target's
        hidden states take them here, the others need nothing."""
        ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        """At most `limit` tokens that may follow, fewer or none where nothing speaks for them.

        `after` are tokens that another drafter has proposed first: the proposal continues them. It is
        NOTHING from a drafter that cannot."""
        ...

    def prior(self, evidence: int) -> float:
        """Acceptance to assume for this evidence before anything was measured."""
        ...

    def close(self) -> None: ...


NOTHING = Proposal((), ())


class Share(NamedTuple):
    """A drafter's part of one verify pass, in tokens."""

    drafter: str
    drafted: int
    accepted: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Tokens to verify, in parts: who proposed what, each part behind the one before it."""

    parts: tuple[tuple[Drafter, Proposal], ...] = ()

    @property
    def tokens(self) -> tuple[int, ...]:
        return tuple(token for _, proposal in self.parts for token in proposal.tokens)

    def shares(self, accepted: int) -> list[Share]:
        """Who drafted and kept how many, when the first `accepted` tokens were right."""
        shares = []
        for drafter, proposal in self.parts:
            kept = min(len(proposal.tokens), accepted)
            shares.append(Share(drafter.name, len(proposal.tokens), kept))
            accepted -= kept
        return shares
