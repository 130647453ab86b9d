"""The quickest ways through a text for one who knows more than a scheduler can. As the scheduler's do,
their drafts have at most two parts, the second by another drafter."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from assistant.engine.simulation.trace import Run, Trace

Floats = npt.NDArray[np.float64]
# Of time, in tokens that a plain pass could emit in it.
_PRICES = (1.0, 1.3, 1.7, 2.2, 2.8, 3.6, 5.0, 7.0, 10.0, 14.0)
_HASTES = (0.0, 0.6)


def informed(pass_seconds: Sequence[float], traces: Sequence[Trace]) -> Run:
    """The best of many policies that know every proposal's true chances before they pay for it, and
    nothing else of the future. A policy takes the draft with the most expected tokens less what its
    time is worth: a price that is the same for all steps, or that lies between this and the best rate
    of the step itself. Another policy may be somewhat better still."""
    width = len(pass_seconds) - 2
    chances = [_Chances(trace, width) for trace in traces]
    pairs = [(a, b, _seconds(pass_seconds, a.trace, b.trace if b else None)) for a, b in _pairs(chances)]
    plain = 1 / pass_seconds[1]
    runs = (_at_price(plain * price, haste, pairs) for price in _PRICES for haste in _HASTES)
    return max(runs, key=lambda run: run.rate)


class _Chances:
    """`reach[t, n]` is the chance that n tokens proposed at place t are right, and `expected[t, n]` how
    many tokens a pass with them emits. Beyond the proposal and the text nothing is right."""

    def __init__(self, trace: Trace, width: int) -> None:
        self.trace = trace
        chance = np.zeros((len(trace.right) + width + 1, width + 1))
        chance[:, 0] = 1.0
        for place, row in enumerate(trace.chance):
            chance[place, 1 : len(row) + 1] = row[:width]
        self.reach: Floats = np.cumprod(chance, axis=1, dtype=np.float64)
        self.expected: Floats = np.cumsum(self.reach, axis=1, dtype=np.float64)

    def tokens(self, second: "_Chances | None", place: int) -> Floats:
        """Expected tokens of a pass with i tokens of this and j of the other: `[width + 1, width + 1]`,
        or `[width + 1, 1]` without another."""
        alone: Floats = self.expected[place][:, None]
        if second is None:
            return alone
        behind = second.expected[place : place + len(alone)] - 1
        return np.asarray(alone + self.reach[place][:, None] * behind)


_Pair = tuple[_Chances, _Chances | None, Floats]


def _pairs(chances: Sequence[_Chances]) -> Iterator[tuple[_Chances, _Chances | None]]:
    """Who may come first and second."""
    for first in chances:
        yield first, None
        yield from ((first, second) for second in chances if second is not first and second.trace.continues)


def _seconds(pass_seconds: Sequence[float], first: Trace, second: Trace | None) -> Floats:
    """Seconds of drafting i tokens of the first and j of the second and of the pass with them, infinite
    where the curve ends; shaped as `_Chances.tokens`."""
    counts = np.arange(len(pass_seconds) - 1)
    after = counts if second else counts[:1]
    size = counts[:, None] + after + 1
    passes = np.append(pass_seconds, [np.inf] * len(counts))[size]
    drafting = _drafting(first, counts)[:, None]
    return np.asarray(passes + drafting + (_drafting(second, after) if second else 0.0))


def _drafting(trace: Trace, counts: npt.NDArray[np.int64]) -> Floats:
    return np.asarray((counts > 0) * trace.seconds_per_proposal + counts * trace.seconds_per_token)


def _at_price(price: float, haste: float, pairs: Sequence[_Pair]) -> Run:
    """`haste` is how much the rate of a step counts in its price of time, 0 to 1."""
    run, length = Run(), len(pairs[0][0].trace.right)
    while run.tokens < length:
        place, best = run.tokens, (-np.inf, 0.0, 0, 0)
        offers = [(*pair, pair[0].tokens(pair[1], place)) for pair in pairs]
        step_price = price
        if haste:
            rate = max(float((tokens / seconds).max()) for _, _, seconds, tokens in offers)
            step_price = price ** (1 - haste) * rate**haste
        for first, second, seconds, tokens in offers:
            worth = tokens - step_price * seconds
            i, j = divmod(int(worth.argmax()), worth.shape[1])
            if worth[i, j] > best[0]:
                kept = min(i, first.trace.right[place])
                if second and j and kept == i:
                    kept += min(j, second.trace.right[place + i])
                best = (worth[i, j], float(seconds[i, j]), i + j, min(kept, length - place - 1))
        run.step(*best[1:])
    return run


def clairvoyant(pass_seconds: Sequence[float], traces: Sequence[Trace]) -> Run:
    """The quickest way of all, which knows the future: it never drafts a wrong token and never pays for
    a proposal that does not help. Exact, by dynamic programming from the end of the text."""
    length, longest = len(traces[0].right), len(pass_seconds) - 2
    passes = np.asarray(pass_seconds[1:])
    drafting = [_drafting(trace, np.arange(longest + 1)) for trace in traces]
    remaining = np.zeros(length + 1)
    chosen = [0] * length
    for place in reversed(range(length)):
        cheapest = _cheapest(traces, drafting, place, min(longest, length - place - 1))
        behind = remaining[place + 1 : place + 1 + len(cheapest)]
        total = cheapest + passes[: len(cheapest)] + behind
        chosen[place] = int(total.argmin())
        remaining[place] = total[chosen[place]]
    run = Run()
    while run.tokens < length:
        n = chosen[run.tokens]
        run.step(0.0, n, n)
    run.seconds = float(remaining[0])
    return run


def _cheapest(traces: Sequence[Trace], drafting: Sequence[Floats], place: int, most: int) -> Floats:
    """The least seconds of drafting n right tokens, `[most + 1]`, infinite where no one can.
    `drafting[i]` are those of trace i by tokens."""
    seconds = np.full(most + 1, np.inf)
    seconds[0] = 0.0
    for first, alone in zip(traces, drafting, strict=True):
        right = min(first.right[place], most)
        np.minimum(seconds[: right + 1], alone[: right + 1], out=seconds[: right + 1])
        for second, behind in zip(traces, drafting, strict=True):
            if second is first or not second.continues:
                continue
            for n in range(1, right + 1):
                more = min(second.right[place + n], most - n)
                if more:
                    both = seconds[n : n + more + 1]
                    np.minimum(both, behind[: more + 1] + alone[n], out=both)
    return seconds
