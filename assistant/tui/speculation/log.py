"""What the panel draws: how fast it went over time, and the counters of all answers so far."""

from collections import deque

from assistant.engine.stats import Stats

_KEPT = 600
# A rate over fewer tokens than this jumps about.
_TOKENS_A_SAMPLE = 8


class SpeculationLog:
    """`rates` are tokens/s, each over a few passes, the newest last. `pass_seconds[n]` is what a target pass
    of n tokens costs, empty where that is not known."""

    def __init__(self) -> None:
        self.rates: deque[float] = deque(maxlen=_KEPT)
        self.pass_seconds: list[float] = []
        self._ended = Stats()
        self._current = Stats()
        self._sampled = (0, 0.0)
        self._latest = self._current

    @property
    def plain_tps(self) -> float | None:
        """Tokens/s to expect without speculation: one token a pass."""
        return 1 / self.pass_seconds[1] if len(self.pass_seconds) > 1 else None

    @property
    def drafted_now(self) -> int | None:
        """Tokens that the passes of the latest answer drafted most often, None where there is none."""
        passes = self._latest.passes
        return max(passes, key=lambda each: passes[each])[0] if passes else None

    def total(self) -> Stats:
        """The counters of all answers, the present one included."""
        total = Stats()
        total.add(self._ended)
        total.add(self._current)
        return total

    def add(self, stats: Stats) -> None:
        """How far the present answer is. `stats` is a copy that does not change any more."""
        if stats.emitted < self._current.emitted:
            self.end()
        self._current = self._latest = stats
        tokens, seconds = self._sampled
        if stats.emitted - tokens >= _TOKENS_A_SAMPLE and stats.decode_s > seconds:
            self.rates.append((stats.emitted - tokens) / (stats.decode_s - seconds))
            self._sampled = (stats.emitted, stats.decode_s)

    def end(self) -> None:
        """The present answer is whole."""
        self._ended.add(self._current)
        self._current = Stats()
        self._sampled = (0, 0.0)
