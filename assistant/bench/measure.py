"""Plain and speculative decoding side by side: same requests, same process, in turn, median."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from assistant.bench.tasks import Request, Task
from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.engine.stats import Stats

_WARM_UP_TOKENS = 16


@dataclass(slots=True)
class TaskResult:
    """Of one task: speeds of each request and round, and the speculative runs' counters added up.

    `identical` counts the requests whose two answers are the same text."""

    task: Task
    plain_tps: list[float] = field(default_factory=list)
    speculative_tps: list[float] = field(default_factory=list)
    speculative: Stats = field(default_factory=Stats)
    identical: int = 0
    outside_share: float = 0.0

    @property
    def ratios(self) -> list[float]:
        return [s / p for s, p in zip(self.speculative_tps, self.plain_tps, strict=True) if p]

    @property
    def speedup(self) -> float:
        return statistics.median(self.ratios) if self.ratios else 0.0

    @property
    def spread(self) -> tuple[float, float]:
        """The middle half of the speedups."""
        if len(self.ratios) < 2:
            return self.speedup, self.speedup
        low, _, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    def as_dict(self) -> dict[str, Any]:
        """Metrics under their contract names, ready for JSON."""
        return {
            "task": self.task.name,
            "requests": len(self.task.requests),
            "plain_tps": _median(self.plain_tps),
            "speculative_tps": _median(self.speculative_tps),
            "speedup": round(self.speedup, 3),
            "speedup_middle_half": [round(edge, 3) for edge in self.spread],
            "identical": self.identical,
            "outside_llama_share": round(self.outside_share, 4),
            **self.speculative.as_dict(),
        }


def measure(
    generator: Generator, tasks: Sequence[Task], *, rounds: int, report: Callable[[str, float], None]
) -> list[TaskResult]:
    """Every request of every task, `rounds` times, plain and speculative in turn.

    `report` gets (what is done now, fraction). The first request is asked once before, to warm up."""
    total = sum(len(task.requests) for task in tasks) * rounds * 2
    results = [TaskResult(task) for task in tasks]
    if total:
        _ask(generator, tasks[0].requests[0], speculate=True, max_tokens=_WARM_UP_TOKENS)
    done = 0
    for round_number in range(rounds):
        for result in results:
            for request in result.task.requests:
                # The order alternates: neither side profits from a machine that warms up or slows down.
                replies: dict[bool, Reply] = {}
                for speculate in (False, True) if round_number % 2 == 0 else (True, False):
                    report(f"{result.task.name}, {'speculative' if speculate else 'plain'}", done / total)
                    replies[speculate] = _ask(generator, request, speculate=speculate)
                    done += 1
                _count(result, replies[False], replies[True], first=round_number == 0)
    for result in results:
        stats = result.speculative
        result.outside_share = 1 - stats.forward_s / stats.decode_s if stats.decode_s else 0.0
    return results


def divergence(plain: str, speculative: str) -> int | None:
    """The first character at which two answers differ, None where they are the same."""
    pairs = zip_longest(plain, speculative)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), None)


def options_of(request: Request) -> ReplyOptions:
    """How a request is answered."""
    return ReplyOptions(
        max_tokens=request.max_tokens,
        prefix=request.prefix,
        stop=("\n```",) if request.prefix else (),
        sources=request.sources,
    )


def _ask(generator: Generator, request: Request, *, speculate: bool, max_tokens: int | None = None) -> Reply:
    options = options_of(request)
    options = replace(options, speculate=speculate, max_tokens=max_tokens or options.max_tokens)
    *_, last = generator.reply(request.messages, options)
    assert isinstance(last, Reply), "a reply ends with Reply"
    return last


def _count(result: TaskResult, plain: Reply, speculative: Reply, *, first: bool) -> None:
    result.plain_tps.append(plain.stats.decode_tps)
    result.speculative_tps.append(speculative.stats.decode_tps)
    result.speculative.add(speculative.stats)
    if first:
        result.identical += divergence(plain.text, speculative.text) is None


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 2) if values else 0.0
