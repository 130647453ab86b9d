"""Is the speculative answer the plain one? Each divergence beside the rounding noise that explains it.

Speculation keeps the output, yet k tokens in one pass may be computed by other kernels than one: the
logits then differ a little, and where the two best are nearly tied another token wins. So for each
answer that differs this says where, between which two tokens, how far apart the plain run had them
(margin), and how far logits of the same tokens move when they are evaluated k at once (noise). Each
of two logits can move by the noise: a margin above twice the noise is an error, not rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.engine.drafters import Drafter
from assistant.engine.generate import Emitted, generate
from assistant.engine.llama import Context
from assistant.engine.prefix import common_prefix
from assistant.engine.sampling import Logits, Sampling, gumbel
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats

# As speculation evaluates them: short drafts, long ones, and what a cost curve often favours.
_PASS_SIZES = (2, 4, 8, 16)
_NOISE_TOKENS = 64
# Of the prompt, since an answer may be too short for a pass of several tokens.
_PROMPT_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt in token ids, and the drafters that speculation uses for it, made anew."""

    name: str
    prompt: Sequence[int]
    drafters: Callable[[], Sequence[Drafter]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first token that differs. `position` counts from the answer's start. `margin` is in logits: by
    how much the plain run preferred its token, with the sampling noise that both runs share."""

    position: int
    plain: int
    speculative: int
    plain_text: str
    speculative_text: str
    margin: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "plain": {"token": self.plain, "text": self.plain_text},
            "speculative": {"token": self.speculative, "text": self.speculative_text},
            "margin": round(self.margin, 6),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """One case: `tokens` of the plain answer, what was `drafted` and `accepted`, and the largest logit
    difference `noise` of its tokens one by one and several at once. `divergence` None means identical."""

    name: str
    tokens: int
    drafted: int
    accepted: int
    noise: float
    divergence: Divergence | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "tokens": self.tokens,
            "drafted": self.drafted,
            "accepted": self.accepted,
            "identical": self.divergence is None,
            "divergence": self.divergence.as_dict() if self.divergence else None,
            "noise": round(self.noise, 6),
        }


@dataclass(frozen=True, slots=True)
class Exactness:
    """All cases. `exact` says whether this was the reference profile."""

    exact: bool
    comparisons: tuple[Comparison, ...]

    @property
    def noise(self) -> float:
        """The largest logit difference seen in this profile."""
        return max((comparison.noise for comparison in self.comparisons), default=0.0)

    @property
    def divergences(self) -> list[Divergence]:
        return [comparison.divergence for comparison in self.comparisons if comparison.divergence]

    @property
    def identical(self) -> bool:
        return not self.divergences

    @property
    def explained(self) -> bool:
        """Whether rounding explains every divergence."""
        return all(divergence.margin <= 2 * self.noise for divergence in self.divergences)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "exact_profile": self.exact,
            "identical": self.identical,
            "explained": self.explained,
            "noise": round(self.noise, 6),
            "cases": [comparison.as_dict() for comparison in self.comparisons],
        }


def verify_exactness(
    context: Context,
    cases: Sequence[Case],
    pass_seconds: Sequence[float],
    *,
    max_tokens: int = 256,
    temperature: float = 0.0,
    seed: int = 0,
    report: Callable[[str, float], None] = lambda done, fraction: None,
) -> Exactness:
    """Answer each case plainly and with speculation, and measure the noise on the plain answer.

    `pass_seconds` is the cost table of the scheduler: with the measured one this is what a user gets,
    with a flat one every draft is tried. `report` gets (what is done now, fraction). Leaves the
    context's tokens changed."""
    sampling = Sampling(temperature=temperature, seed=seed)
    comparisons = []
    for i, case in enumerate(cases):
        report(case.name, i / len(cases))
        comparisons.append(_compare(context, case, pass_seconds, sampling, max_tokens))
    return Exactness(context.options.exact, tuple(comparisons))


def _compare(
    context: Context, case: Case, pass_seconds: Sequence[float], sampling: Sampling, max_tokens: int
) -> Comparison:
    stats = Stats()
    plain = _answer(context, case, None, sampling, max_tokens, Stats())
    speculative = _answer(context, case, Scheduler(pass_seconds), sampling, max_tokens, stats)
    divergence = None
    if plain != speculative:
        divergence = _divergence(context, case, plain, speculative, sampling)
    # Where it matters: up to the divergence, or else over the beginning.
    last = max(divergence.position if divergence else 0, _NOISE_TOKENS)
    noise = _noise(context, case, plain[:last])
    return Comparison(case.name, len(plain), stats.drafted, stats.accepted, noise, divergence)


def _answer(
    context: Context,
    case: Case,
    scheduler: Scheduler | None,
    sampling: Sampling,
    max_tokens: int,
    stats: Stats,
) -> list[int]:
    """The answer's tokens, from an empty context: what is left of another run was rounded otherwise."""
    context.truncate(0)
    drafters = case.drafters() if scheduler else ()
    events = generate(
        context,
        case.prompt,
        sampling=sampling,
        drafters=drafters,
        scheduler=scheduler,
        max_tokens=max_tokens,
        stats=stats,
    )
    return [token for event in events if isinstance(event, Emitted) for token in event.tokens]


def _divergence(
    context: Context, case: Case, plain: Sequence[int], speculative: Sequence[int], sampling: Sampling
) -> Divergence:
    """Evaluate the common part as the plain run did, and read how near the two tokens were."""
    position = common_prefix(plain, speculative)
    scores = _row_behind(context, case, plain[:position]).astype(np.float64)
    if sampling.temperature > 0:
        every = np.arange(len(scores), dtype=np.int64)
        scores += sampling.temperature * gumbel(sampling.seed, len(case.prompt) + position, every)
    model = context.model

    def token_at(answer: Sequence[int]) -> int:
        """An answer that ends here chose an end token, which is not emitted."""
        if position < len(answer):
            return answer[position]
        return max(filter(model.is_end, range(model.n_vocab)), key=lambda token: float(scores[token]))

    ours, theirs = token_at(plain), token_at(speculative)
    return Divergence(
        position,
        ours,
        theirs,
        model.token_text(ours),
        model.token_text(theirs),
        float(scores[ours] - scores[theirs]),
    )


def _row_behind(context: Context, case: Case, answer: Sequence[int]) -> Logits:
    """Logits `[n_vocab] float32` behind `answer`, evaluated token by token."""
    _prefill(context, case)
    if not answer:
        kept = context.truncate(len(case.prompt) - 1)
        logits = context.evaluate(case.prompt[kept:], all_logits=False)
    for token in answer:
        logits = context.evaluate([token])
    row: Logits = logits[-1]
    return row


def _noise(context: Context, case: Case, answer: Sequence[int]) -> float:
    """The largest difference of a logit between one token a pass and several, over the last tokens of
    prompt and `answer`; 0 on a memory that cannot go back, which is never given more than one."""
    if not context.can_drop_suffix:
        return 0.0
    tail = min(_PROMPT_TOKENS, len(case.prompt) - 1)
    tokens = [*case.prompt[len(case.prompt) - tail :], *answer]
    first = max(0, len(tokens) - _NOISE_TOKENS)
    alone: list[Logits] = []
    largest = 0.0
    for size in (1, *_PASS_SIZES):
        _prefill(context, case)
        context.truncate(len(case.prompt) - tail)
        for start in range(0, len(tokens), size):
            rows = context.evaluate(tokens[start : start + size])
            for i, row in enumerate(rows, start):
                if i >= first and size == 1:
                    alone.append(row.copy())
                elif i >= first:
                    largest = max(largest, float(np.abs(row - alone[i - first]).max()))
    return largest


def _prefill(context: Context, case: Case) -> None:
    """Evaluate the prompt, and no more, as `generate` does."""
    _answer(context, case, None, Sampling(), 1, Stats())
