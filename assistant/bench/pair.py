"""Whether a draft pays on this machine: the same requests plainly, without it and with it, in turn."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.bench.measure import options_of
from assistant.bench.tasks import Request, builtin_tasks
from assistant.chat.local import LocalGenerator
from assistant.engine.drafters import Drafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.generate import generate
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats
from assistant.errors import ModelError

Way = Literal["plain", "without the draft", "with the draft"]
WAYS: tuple[Way, ...] = ("plain", "without the draft", "with the draft")
_TASKS = ("code", "explanation")  # where little of the answer stands in the prompt: a rewrite needs no draft
_TOKENS = 64
_FEWEST_REQUESTS = 3
_NOTICEABLE, _MOST = 0.03, 0.75

Verdict = Literal["pays", "costs", "makes no difference", "is not worth asking"]


@dataclass(frozen=True, slots=True)
class PairResult:
    """`tps` (tokens/s) of each request, by the way it was answered; the `draft`'s counters added up."""

    tps: dict[Way, list[float]]
    stats: Stats
    draft: str

    def ratios(self, over: Way) -> list[float]:
        """Of each request: how much faster it was with the draft."""
        return [a / b for a, b in zip(self.tps["with the draft"], self.tps[over], strict=True)]

    @property
    def verdict(self) -> Verdict:
        """By the median, where three in four requests agree with it. A draft whose own passes cost more
        than they can gain is left unasked by the scheduler."""
        ratios = self.ratios("without the draft")
        gain = statistics.median(ratios) - 1
        agree = sum((ratio > 1) == (gain > 0) for ratio in ratios)
        if self.draft not in self.stats.by_drafter:
            return "is not worth asking"
        if abs(gain) < _NOTICEABLE or agree < _MOST * len(ratios):
            return "makes no difference"
        return "pays" if gain > 0 else "costs"

    def as_dict(self) -> dict[str, Any]:
        count = self.stats.by_drafter.get(self.draft)
        return {
            "verdict": self.verdict,
            "draft": self.draft,
            "requests": len(self.tps["plain"]),
            "tps": {way: round(statistics.median(self.tps[way]), 2) for way in WAYS},
            "speedup": round(statistics.median(self.ratios("without the draft")), 3),
            "speedup_over_plain": round(statistics.median(self.ratios("plain")), 3),
            "drafted": count.drafted if count else 0,
            "accepted": count.accepted if count else 0,
            "acceptance_rate": round(count.acceptance_rate, 4) if count else 0.0,
            "mean_accepted_length": round(self.stats.mean_accepted_length, 3),
        }


@dataclass(slots=True)
class _Measuring:
    generator: LocalGenerator
    schedulers: dict[Way, Scheduler | None]
    stats: Stats = field(default_factory=Stats)

    def tps(self, request: Request, way: Way) -> float:
        """Tokens/s of one answer; the first one warms up."""
        options = options_of(request)
        drafters: Sequence[Drafter] = self.generator.drafters(options) if way != "plain" else ()
        if way == "without the draft":
            drafters = [each for each in drafters if not isinstance(each, NetworkDrafter)]
        stats = Stats()
        for _ in generate(
            self.generator.context,
            self.generator.prompt_ids(request.messages, options),
            sampling=Sampling(),
            drafters=drafters,
            scheduler=self.schedulers[way],
            max_tokens=_TOKENS,
            stats=stats,
        ):
            pass
        if way == "with the draft":
            self.stats.add(stats)
        return stats.decode_tps


def try_draft(generator: LocalGenerator, seconds: float, report: Callable[[str, float], None]) -> PairResult:
    """Measure for about `seconds`, and three requests at least. `report` gets (what is done now, fraction).
    Raises ModelError where there is no draft or it fails."""
    draft = next(
        (each for each in generator.drafters(options_of(Request(""))) if isinstance(each, NetworkDrafter)),
        None,
    )
    if draft is None:
        raise ModelError(f"{generator.name} was loaded without a draft.")
    curve = generator.cost_curve
    schedulers: dict[Way, Scheduler | None] = {way: Scheduler(curve) for way in WAYS}
    measuring = _Measuring(generator, {**schedulers, "plain": None})
    requests = [request for task in builtin_tasks() if task.name in _TASKS for request in task.requests]
    for way in WAYS:
        measuring.tps(requests[0], way)
    measuring.stats = Stats()
    tps: dict[Way, list[float]] = {way: [] for way in WAYS}
    started = time.monotonic()
    for number, request in enumerate(requests):
        spent = time.monotonic() - started
        if number >= _FEWEST_REQUESTS and spent > seconds:
            break
        # The order rotates: no way profits from a machine that warms up or slows down.
        speeds: dict[Way, float] = {}
        for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
            report(f"request {number + 1}, {way}", number / len(requests))
            speeds[way] = measuring.tps(request, way)
        if all(speeds.values()):  # an answer may be empty
            for way in WAYS:
                tps[way].append(speeds[way])
    if not tps["plain"]:
        raise ModelError(f"{generator.name} answers nothing to any request.")
    if draft.failure:
        raise ModelError(f"The draft fails: {draft.failure}")
    return PairResult(tps, measuring.stats, draft.name)
