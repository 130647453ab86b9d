"""Drafts of several methods for one target, side by side: how far each is right, and what it saves."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from assistant.bench.measure import options_of
from assistant.bench.tasks import Request, Task, in_turn
from assistant.chat.local import LocalGenerator
from assistant.engine.drafters import Draft, Drafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.generate import generate
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats

VERIFIED = 5
"""Tokens that are always verified, so that accepted lengths can be compared."""
_FEWEST_TOKENS = 8


class FixedLength(Scheduler):
    """Verifies `length` tokens of the first drafter that has some, whatever they promise."""

    def __init__(self, length: int) -> None:
        super().__init__(())
        self._length = length

    def choose(self, drafters: Sequence[Drafter], room: int, context: int = 0) -> Draft:
        for drafter in drafters:
            proposal = drafter.propose(min(self._length, room))
            if proposal.tokens:
                return Draft(((drafter, proposal),))
        return Draft()


@dataclass(slots=True)
class DraftResult:
    """Of one draft file in one task: its counters, and each request's speed over that of plain decoding."""

    task: str
    file: str
    method: str
    stats: Stats = field(default_factory=Stats)
    ratios: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "file": self.file,
            "method": self.method,
            "verified": VERIFIED,
            "requests": len(self.ratios),
            "speedup": round(statistics.median(self.ratios), 3) if self.ratios else 0.0,
            **self.stats.as_dict(),
        }


@dataclass(slots=True)
class DraftComparison:
    """`stopped` says why it did not come to its end, empty where it did."""

    results: list[DraftResult] = field(default_factory=list)
    stopped: str = ""


def compare_drafts(
    generator: LocalGenerator,
    drafts: Mapping[str, NetworkDrafter],
    tasks: Sequence[Task],
    report: Callable[[str, float], None],
    seconds: float | None = None,
) -> DraftComparison:
    """Each request once plainly and once with each of the `drafts` alone, by the names of their files, in an
    order that rotates. `report` gets (what is done now, fraction). What was measured is kept when the user
    interrupts, and after `seconds`, when no other request is begun."""
    comparison = DraftComparison()
    deadline = time.monotonic() + seconds if seconds else math.inf
    results = [[DraftResult(task.name, file, draft.name) for file, draft in drafts.items()] for task in tasks]
    comparison.results = list(chain.from_iterable(results))
    total = sum(len(task.requests) for task in tasks)
    try:
        if total:
            _answer(generator, tasks[0].requests[0], None)  # warms up
        for done, (number, place) in enumerate(in_turn(tasks)):
            if time.monotonic() > deadline:
                comparison.stopped = "out of time"
                return comparison
            report(tasks[number].name, done / total)
            request = tasks[number].requests[place]
            _measure(generator, request, results[number], list(drafts.values()), turn=done)
    except KeyboardInterrupt:
        comparison.stopped = "interrupted"
    return comparison


def _measure(
    generator: LocalGenerator,
    request: Request,
    results: Sequence[DraftResult],
    drafters: Sequence[NetworkDrafter],
    *,
    turn: int,
) -> None:
    arms: list[tuple[DraftResult | None, NetworkDrafter | None]] = [
        (None, None),
        *zip(results, drafters, strict=True),
    ]
    start = turn % len(arms)
    answers = [
        (result, _answer(generator, request, drafter)) for result, drafter in (*arms[start:], *arms[:start])
    ]
    plain = next(stats for result, stats in answers if result is None)
    if plain.emitted < _FEWEST_TOKENS:
        return
    for result, stats in answers:
        if result:
            result.stats.add(stats)
            result.ratios.append(stats.decode_tps / plain.decode_tps)


def _answer(generator: LocalGenerator, request: Request, drafter: NetworkDrafter | None) -> Stats:
    options, stats = options_of(request), Stats()
    generator.context.truncate(0)  # a draft reads the target's states of the whole prompt
    for _ in generate(
        generator.context,
        generator.prompt_ids(request.messages, options),
        sampling=Sampling(),
        drafters=[drafter] if drafter else [],
        scheduler=FixedLength(VERIFIED) if drafter else None,
        max_tokens=options.max_tokens,
        stats=stats,
    ):
        pass
    return stats
