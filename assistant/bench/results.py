"""What was measured of one task, and what may be said of it."""

import statistics
from dataclasses import dataclass, field
from typing import Any

from assistant.bench.tasks import Task
from assistant.engine.stats import Stats

_RESAMPLES, _CONFIDENCE = 2000, 0.95


@dataclass(frozen=True, slots=True)
class Sample:
    """One request answered both ways, in tokens/s, and the energy in joules where it was metered."""

    request: int
    plain_tps: float
    speculative_tps: float
    plain_joules: float | None = None
    speculative_joules: float | None = None

    @property
    def ratio(self) -> float:
        return self.speculative_tps / self.plain_tps


@dataclass(slots=True)
class TaskResult:
    """Of one task: its samples, and the counters of both ways added up.

    `identical` counts the requests whose two answers are the same text."""

    task: Task
    samples: list[Sample] = field(default_factory=list)
    plain: Stats = field(default_factory=Stats)
    speculative: Stats = field(default_factory=Stats)
    identical: int = 0

    @property
    def ratios(self) -> list[float]:
        return [sample.ratio for sample in self.samples if sample.plain_tps]

    @property
    def speedup(self) -> float:
        return statistics.median(self.ratios) if self.ratios else 0.0

    @property
    def plain_tps(self) -> float:
        return _median([sample.plain_tps for sample in self.samples])

    @property
    def speculative_tps(self) -> float:
        return _median([sample.speculative_tps for sample in self.samples])

    @property
    def spread(self) -> tuple[float, float]:
        """The middle half of the speedups."""
        if len(self.ratios) < 2:
            return self.speedup, self.speedup
        low, _, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the median speedup lies with 95 % confidence, were other requests of this kind asked:
        bootstrap over requests, whose rounds stay together. One request alone says nothing of others."""
        import numpy as np

        of_request: dict[int, list[float]] = {}
        for sample in self.samples:
            if sample.plain_tps:
                of_request.setdefault(sample.request, []).append(sample.ratio)
        if len(of_request) < 2:
            return None
        medians = np.array([statistics.median(ratios) for ratios in of_request.values()])
        drawn = np.random.default_rng(0).choice(medians, (_RESAMPLES, len(medians)))
        tail = (1 - _CONFIDENCE) / 2
        low, high = np.quantile(np.median(drawn, axis=1), (tail, 1 - tail))
        return float(low), float(high)

    @property
    def noise(self) -> float | None:
        """How far the plain speeds of one request differ between rounds, as a share of their median: the
        median over requests. None after a single round."""
        of_request: dict[int, list[float]] = {}
        for sample in self.samples:
            of_request.setdefault(sample.request, []).append(sample.plain_tps)
        shares = [
            (max(speeds) - min(speeds)) / statistics.median(speeds)
            for speeds in of_request.values()
            if len(speeds) > 1 and statistics.median(speeds)
        ]
        return statistics.median(shares) if shares else None

    def joules_per_token(self) -> tuple[float, float] | None:
        """Plain and speculative, None where energy was not metered."""
        plain = [sample.plain_joules for sample in self.samples]
        speculative = [sample.speculative_joules for sample in self.samples]
        if None in plain or None in speculative or not (self.plain.emitted and self.speculative.emitted):
            return None
        return (
            sum(filter(None, plain)) / self.plain.emitted,
            sum(filter(None, speculative)) / self.speculative.emitted,
        )

    def as_dict(self) -> dict[str, Any]:
        """Metrics under their contract names, ready for JSON."""
        joules, interval = self.joules_per_token(), self.interval
        stats = self.speculative
        return {
            "task": self.task.name,
            "requests": len(self.task.requests),
            "measured_requests": len({sample.request for sample in self.samples}),
            "plain_tps": round(self.plain_tps, 2),
            "speculative_tps": round(self.speculative_tps, 2),
            "speedup": round(self.speedup, 3),
            "speedup_middle_half": [round(edge, 3) for edge in self.spread],
            "speedup_interval_95": [round(edge, 3) for edge in interval] if interval else None,
            "noise": None if self.noise is None else round(self.noise, 4),
            "identical": self.identical,
            "outside_llama_share": round(1 - stats.forward_s / stats.decode_s, 4) if stats.decode_s else 0.0,
            "joules_per_token": [round(each, 4) for each in joules] if joules else None,
            **stats.as_dict(),
        }


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0
