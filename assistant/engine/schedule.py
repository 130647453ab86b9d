"""How many tokens to draft now, and by which drafter: the cost curve times the acceptance estimate.

Each step takes the draft with the most expected tokens per second, drafting time included. What a
drafter proposed is compared with what the target emitted whether or not it was verified, so a
drafter that costs nothing is never forgotten. One that costs time and promises too little is asked
again now and then, within a fixed share of the time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from assistant.engine.curve import CostCurve, FixedCurve, LiveCurve
from assistant.engine.drafters import Draft, Drafter, Proposal
from assistant.engine.record import HARDLY, Record

# A draft must promise this much more than plain decoding: estimates err.
_WORTHWHILE = 1.05
# How much of the going rate outlasts a step.
_PACE_MEMORY = 0.9


@dataclass(slots=True)
class _Asked:
    """A proposal behind `start` other drafted tokens. When its first i + 1 tokens are drafted too,
    `expected[i]` tokens are emitted on average, and all drafted ones are right with chance `reached[i]`."""

    drafter: Drafter
    record: Record
    proposal: Proposal
    start: int
    expected: list[float]
    reached: list[float]


class _Option(NamedTuple):
    """Draft `count` tokens of `asked`, for `rate` tokens per second in all; none of None."""

    rate: float
    asked: _Asked | None = None
    length: int = 0

    @property
    def whole(self) -> bool:
        """Whether more tokens would have been welcome."""
        return self.asked is not None and self.length == len(self.asked.proposal.tokens)


class Scheduler:
    """Picks at each step the proposals and the length with the most expected tokens per second.

    What it learns of drafters, by name, and of the machine stays for the next request. `curve` is what
    was measured at first; a plain sequence, which has the seconds of a target pass of n tokens at index
    n (0 is unused), is taken as it is."""

    def __init__(
        self, curve: CostCurve | Sequence[float], *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._curve = LiveCurve(curve) if isinstance(curve, CostCurve) else FixedCurve(curve)
        self._clock = clock
        self._records: dict[str, Record] = {}
        self._pace_tokens = self._pace_seconds = 0.0
        # Of the step that `choose` began and `learn` ends.
        self._context = 0
        self._passes: Sequence[float] = self._curve.table(0)
        self._asked: list[_Asked] = []
        self._spent = 0.0
        self._drafted = 0

    def choose(self, drafters: Sequence[Drafter], room: int, context: int = 0) -> Draft:
        """The best draft of at most `room` tokens behind `context` tokens, an empty one where plain
        decoding is quicker. Drafters that cost time are asked only when they promise more than the
        free ones have given, or to see whether they do better by now."""
        self._context, self._passes = context, self._curve.table(context)
        self._asked, self._spent, self._drafted = [], 0.0, 0
        limit = min(room, len(self._passes) - 2)
        if limit <= 0:
            return Draft()
        paid: list[tuple[Drafter, Record]] = []
        for drafter in drafters:
            record = self._record(drafter)
            if record.is_free(drafter, self._passes[1]):
                self._ask(drafter, record, min(limit, record.boldness))
            else:
                paid.append((drafter, record))
        best = self._best()
        for drafter, record in paid:
            count = record.worth_asking(drafter, self._passes[1 : limit + 2], self._spent, best.rate)
            if count:
                self._ask_paid(drafter, record, count)
                best = self._best()
        best = self._at_the_price_of_time(best)
        draft = self._draft(best)
        if best.whole and best.length < limit:
            draft = Draft((*draft.parts, *self._continuation(best, drafters, limit).parts))
        self._drafted = len(draft.tokens)
        return draft

    def learn(self, emitted: Sequence[int], seconds: float) -> None:
        """After the pass over what `choose` gave, which took `seconds`, the target emitted these tokens."""
        self._curve.learn(self._drafted + 1, self._context, seconds)
        self._pace_tokens = self._pace_tokens * _PACE_MEMORY + len(emitted)
        self._pace_seconds = self._pace_seconds * _PACE_MEMORY + seconds + self._spent
        for asked in self._asked:
            evidence = asked.proposal.evidence[: max(len(emitted) - asked.start, 0)]
            if evidence:
                pairs = zip(asked.proposal.tokens, emitted[asked.start :], strict=False)
                right = next((i for i, (a, b) in enumerate(pairs) if a != b), len(evidence))
                asked.record.acceptance.learn(evidence, right)
        self._asked = []

    def _record(self, drafter: Drafter) -> Record:
        record = self._records.get(drafter.name)
        if record is None:
            record = self._records[drafter.name] = Record(drafter)
        return record

    def _ask(
        self, drafter: Drafter, record: Record, limit: int, behind: _Option | None = None
    ) -> _Asked | None:
        """What the drafter proposes, weighed; None where it proposes nothing."""
        before = self._clock()
        if behind is None or behind.asked is None:
            proposal, start, expected, reached = drafter.propose(limit), 0, 1.0, 1.0
            took = self._clock() - before
            record.learn_price(took - drafter.seconds_per_token * len(proposal.tokens), self._passes[1])
        else:
            first, count = behind.asked, behind.length
            proposal, start = drafter.propose(limit, first.proposal.tokens), count
            expected, reached = first.expected[count - 1], first.reached[count - 1]
        self._spent += self._clock() - before
        if not proposal.tokens:
            return None
        asked = _Asked(drafter, record, proposal, start, [], [])
        record.acceptance.know(proposal.evidence)
        odds_of, form = record.acceptance.odds, record.acceptance.form
        for evidence in proposal.evidence:
            odds = odds_of[evidence] * form
            reached *= odds / (1 + odds)
            if reached < HARDLY:
                break
            expected += reached
            asked.expected.append(expected)
            asked.reached.append(reached)
        self._asked.append(asked)
        return asked

    def _ask_paid(self, drafter: Drafter, record: Record, count: int) -> None:
        asked = self._ask(drafter, record, count)
        best = _Option(1 / (self._passes[1] + self._spent))
        if asked:
            best = self._quickest(asked, best, count)
        tokens = best.asked.expected[best.length - 1] if best.asked else 1.0
        reached = asked.reached if asked else ()
        record.learn_promise(count, reached, tokens, self._passes[best.length + 1])

    def _best(self) -> _Option:
        """The best of what was asked, or nothing at the rate that a draft must beat."""
        best = _Option(_WORTHWHILE / (self._passes[1] + self._spent))
        for asked in self._asked:
            best = self._quickest(asked, best, asked.record.boldness)
        return best

    def _quickest(self, asked: _Asked, best: _Option, most: int) -> _Option:
        """`best`, or the part of this proposal, of at most `most` tokens, that has a higher rate."""
        passes, spent, best_rate = self._passes, self._spent, best.rate
        for size, expected in enumerate(asked.expected[:most], asked.start + 2):
            rate = expected / (passes[size] + spent)
            if rate > best_rate:
                best_rate = rate
                best = _Option(rate, asked, size - asked.start - 1)
        return best

    def _at_the_price_of_time(self, best: _Option) -> _Option:
        """The length with the most expected tokens beyond what else its time would bring.

        The highest rate of one step alone makes drafts too long where a hard place lies among easy
        ones: tokens that were not drafted here come cheaply behind it. So time is priced between the
        rate of this step and the pace of the last ones."""
        asked, passes = best.asked, self._passes
        if asked is None or not self._pace_seconds:
            return best
        plain = 1 / passes[1]
        price = max(sqrt(best.rate * self._pace_tokens / self._pace_seconds), plain)
        count, most = 0, 1 - price * passes[1]
        for i, expected in enumerate(asked.expected[: asked.record.boldness]):
            worth = expected - price * passes[i + 2]
            if worth > most:
                count, most = i + 1, worth
        return _Option(best.rate, asked, count) if count else _Option(best.rate)

    def _continuation(self, first: _Option, drafters: Sequence[Drafter], limit: int) -> Draft:
        """What another drafter puts behind `first`, a whole proposal, where that pays."""
        assert first.asked is not None
        expected, reached = first.asked.expected[first.length - 1], first.asked.reached[first.length - 1]
        for drafter in drafters:
            if drafter is first.asked.drafter:
                continue
            record, wanted = self._record(drafter), limit - first.length
            if not record.is_free(drafter, self._passes[1]):
                passes = self._passes[first.length + 1 : limit + 2]
                wanted, rate = record.promise(drafter, passes, self._spent, expected, reached)
                if rate <= expected / (self._passes[first.length + 1] + self._spent):
                    continue
            asked = self._ask(drafter, record, wanted, first)
            if asked:
                without = _Option(expected / (self._passes[first.length + 1] + self._spent))
                longer = self._quickest(asked, without, record.boldness)
                if longer.asked:
                    return self._draft(longer)
        return Draft()

    def _draft(self, option: _Option) -> Draft:
        if option.asked is None:
            return Draft()
        proposal, count = option.asked.proposal, option.length
        cut = Proposal(proposal.tokens[:count], proposal.evidence[:count])
        return Draft(((option.asked.drafter, cut),))
