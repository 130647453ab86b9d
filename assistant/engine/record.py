"""What the scheduler knows of one drafter: how often it is right and what asking it takes."""

from collections.abc import Sequence

from assistant.engine.acceptance import Acceptance
from assistant.engine.drafters import Drafter

# A drafter that takes less than this share of a plain pass is asked at every step.
FREE = 0.02
LONGEST_PAID = 16
# No drafter is asked for more than this many times the tokens that it lately had right in a row,
# but for some at least.
_BOLDNESS = 2
_FEWEST = 4
_ALL = 1 << 16
# Share of plain decoding's time that may go into asking a drafter without promise.
_PROBING = 0.01
_WEIGHT = 0.1
_PRICE_WEIGHT = 0.2
_FIRST_REACH = 0.9
# Tokens that are reached less often than this change no decision.
HARDLY = 0.01


class Record:
    """`price` is the seconds that asking takes besides the drafter's own seconds per token: all of it
    where a block costs one pass whatever its length.

    Of a drafter that costs time it is also known how far its proposals are right on average, and what
    the best pass with them brought: how much to expect of it before it is asked."""

    def __init__(self, drafter: Drafter) -> None:
        self.acceptance = Acceptance(drafter.prior)
        self.price = 0.0
        # What a grammar forces is right however long it is.
        self._certain = drafter.prior(1) >= 1.0
        self._asked = 0
        # The mean chance that the tokens up to i are there and right.
        self._reach = [_FIRST_REACH ** (i + 1) for i in range(LONGEST_PAID)]
        # Mean expected tokens and mean seconds of the best pass.
        self._tokens = self._seconds = 0.0
        self._allowance = 0.0

    @property
    def boldness(self) -> int:
        """How many tokens to ask for at most."""
        if self._certain:
            return _ALL
        return max(_FEWEST, int(_BOLDNESS * self.acceptance.run))

    def is_free(self, drafter: Drafter, plain_s: float) -> bool:
        """Whether asking takes next to nothing beside a plain pass of `plain_s`."""
        return self.price + drafter.seconds_per_token < FREE * plain_s

    def learn_price(self, seconds: float, plain_s: float) -> None:
        """Asking took `seconds`. The first time does not count, since a drafter may read the prompt
        then, and no single time counts much: the machine has other work."""
        if self._asked == 1:
            self.price = max(seconds, 0.0)
        elif self._asked:
            most = 2 * self.price + FREE * plain_s
            self.price += (min(max(seconds, 0.0), most) - self.price) * _PRICE_WEIGHT
        self._asked += 1

    def learn_promise(self, asked: int, reached: Sequence[float], tokens: float, seconds: float) -> None:
        """Asked for so many tokens, the drafter gave some that are right up to i with chance `reached[i]`;
        the best pass with them emits `tokens` on average and takes `seconds`."""
        for i in range(min(asked, LONGEST_PAID)):
            chance = reached[i] if i < len(reached) else 0.0
            self._reach[i] += (chance - self._reach[i]) * _WEIGHT
        weight = _WEIGHT if self._seconds else 1.0
        self._tokens += (tokens - self._tokens) * weight
        self._seconds += (seconds - self._seconds) * weight
        self._allowance = 0.0

    def promise(
        self,
        drafter: Drafter,
        passes: Sequence[float],
        spent: float,
        expected: float = 1.0,
        reached: float = 1.0,
    ) -> tuple[int, float]:
        """How many tokens to ask for, and the tokens per second to expect. `passes[i]` are the seconds
        of a pass with i tokens of this drafter behind drafted ones of which `expected` are emitted and
        that are all right with chance `reached`."""
        best_count, best_rate = 1, 0.0
        mean, form = 1.0, self.acceptance.form
        for i in range(min(len(passes) - 1, LONGEST_PAID)):
            chance = min(self._reach[i] / mean, 1.0)
            mean = self._reach[i]
            reached *= chance * form / (1 - chance + chance * form)
            if reached < HARDLY:
                break
            expected += reached
            count = i + 1
            rate = expected / (passes[count] + spent + self.price + drafter.seconds_per_token * count)
            if rate > best_rate:
                best_count, best_rate = count, rate
        if not drafter.seconds_per_token:
            # The block is paid for: how sure it is of its tokens decides how many are verified.
            best_count = min(len(passes) - 1, LONGEST_PAID)
        return best_count, best_rate

    def worth_asking(self, drafter: Drafter, passes: Sequence[float], spent: float, rate: float) -> int:
        """How many tokens to ask of a drafter that costs time; 0 where it is not expected to beat `rate`
        and had its chance lately. `passes` as for `promise`, behind the pending token alone."""
        count, promised = self.promise(drafter, passes, spent)
        if self._seconds:
            took = self._seconds + spent + self.price + drafter.seconds_per_token * count
            promised = max(promised, self._tokens / took)
        if promised > rate:
            return count
        count = max(count, min(_FEWEST, len(passes) - 1))
        self._allowance += _PROBING * passes[0]
        return count if self._allowance > self.price + drafter.seconds_per_token * count else 0
