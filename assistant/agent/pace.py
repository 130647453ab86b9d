"""What a model gets done in a time: measured from its answers, from its cost curve before there is one."""

from dataclasses import dataclass
from time import monotonic

from assistant.chat.generator import Generator, KnowsCosts
from assistant.engine.stats import Stats

# An answer that is planned to the last second is cut off by the first slow one.
_MARGIN = 0.8


@dataclass(frozen=True, slots=True)
class PlainEstimate:
    """What decoding without drafts would have reached in the same time: `steps` whole answers and `tokens`,
    at `decode_tps`. An estimate: the text is the same either way, the time of a token that of a pass of one
    as the cost curve has it, the rest of the time as it was."""

    steps: int
    tokens: int
    decode_tps: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer: `other_s` went by before it, with tools and checks, and with reading."""

    other_s: float
    decode_s: float
    emitted: int


class Pace:
    """Told of each answer, it knows what fits in a time."""

    def __init__(self, generator: Generator) -> None:
        curve = generator.cost_curve if isinstance(generator, KnowsCosts) else []
        self._plain_s = curve[1] if len(curve) > 1 else 0.0
        self._read_s = curve[-1] / (len(curve) - 1) if len(curve) > 1 else 0.0
        self._stats = Stats()
        self._answers: list[_Answer] = []
        self._since = monotonic()
        self._known = 0

    def note(self, stats: Stats) -> None:
        """An answer has ended."""
        now = monotonic()
        spent = now - self._since
        self._since = now
        self._answers.append(_Answer(max(spent - stats.decode_s, 0.0), stats.decode_s, stats.emitted))
        self._stats.add(stats)
        self._known = stats.prompt_tokens + stats.emitted

    def tokens_in(self, seconds: float, prompt_tokens: int) -> int | None:
        """How many tokens can be written in `seconds`, behind a prompt whose beginning, as far as the last
        answer went, need not be read again. None while nothing is known."""
        token_s = self._stats.decode_s / self._stats.emitted if self._stats.emitted else self._plain_s
        if not token_s:
            return None
        evaluated = self._stats.prompt_tokens - self._stats.reused_tokens
        read_s = self._stats.prefill_s / evaluated if evaluated > 0 else self._read_s
        left = seconds * _MARGIN - max(prompt_tokens - self._known, 1) * read_s
        return max(int(left / token_s), 0)

    def plain(self, seconds: float) -> PlainEstimate | None:
        """What plain decoding would have reached in `seconds`; None where its speed is not known."""
        if not self._plain_s:
            return None
        steps = tokens = 0
        left = seconds
        for answer in self._answers:
            left -= answer.other_s
            written = min(int(max(left, 0.0) / self._plain_s), answer.emitted)
            tokens += written
            left -= answer.emitted * self._plain_s
            if left < 0:
                break
            steps += 1
        return PlainEstimate(steps, tokens, round(1 / self._plain_s, 2))
