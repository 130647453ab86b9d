"""Drafting under a grammar: what it forces is drafted for certain, what it forbids is not drafted."""

from collections.abc import Sequence

from assistant.engine.constraint import Constraint
from assistant.engine.drafters import NOTHING, Drafter, Proposal
from assistant.engine.llama import Context

_CERTAIN = 1


def constrained(drafters: Sequence[Drafter], constraint: Constraint | None) -> Sequence[Drafter]:
    """`drafters` under `constraint`, and one for the tokens that it forces. As they are without one."""
    if constraint is None:
        return drafters
    return [ForcedDrafter(constraint), *(_Constrained(drafter, constraint) for drafter in drafters)]


class ForcedDrafter:
    """Drafts the tokens that the grammar leaves no choice about. All of them are right."""

    name = "forced"
    seconds_per_token = 0.0

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint

    def begin(self, prompt: Sequence[int]) -> None: ...

    def extend(self, tokens: Sequence[int]) -> None: ...

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        tokens = self._constraint.forced(after)[:limit]
        return Proposal(tokens, (_CERTAIN,) * len(tokens))

    def prior(self, evidence: int) -> float:
        return 1.0

    def close(self) -> None: ...


class _Constrained:
    """A drafter whose proposals end before the first token that the grammar forbids."""

    def __init__(self, drafter: Drafter, constraint: Constraint) -> None:
        self._drafter = drafter
        self._constraint = constraint

    @property
    def name(self) -> str:
        return self._drafter.name

    @property
    def seconds_per_token(self) -> float:
        return self._drafter.seconds_per_token

    def begin(self, prompt: Sequence[int]) -> None:
        self._drafter.begin(prompt)

    def extend(self, tokens: Sequence[int]) -> None:
        self._drafter.extend(tokens)

    def observe(self, context: Context, start: int) -> None:
        self._drafter.observe(context, start)

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        proposal = self._drafter.propose(limit, after)
        if not proposal.tokens:
            return NOTHING
        allowed = self._constraint.allowed([*after, *proposal.tokens]) - len(after)
        return Proposal(proposal.tokens[: max(allowed, 0)], proposal.evidence[: max(allowed, 0)])

    def prior(self, evidence: int) -> float:
        return self._drafter.prior(evidence)

    def close(self) -> None:
        self._drafter.close()
