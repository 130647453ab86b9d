"""Plain and speculative decoding side by side: same requests, same process, in turn, median."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from assistant.bench.energy import Meter
from assistant.bench.results import Sample, TaskResult
from assistant.bench.tasks import Request, Task, in_turn
from assistant.chat.generator import Generator, Reply, ReplyOptions

_WARM_UP_TOKENS = 16


@dataclass(slots=True)
class Measurement:
    """`stopped` says why it did not come to its end, empty where it did. `power_w` is the mean over all
    answers, None where it was not metered."""

    results: list[TaskResult]
    stopped: str = ""
    joules: float = 0.0
    seconds: float = 0.0

    @property
    def power_w(self) -> float | None:
        return self.joules / self.seconds if self.joules and self.seconds else None


def measure(
    generator: Generator,
    tasks: Sequence[Task],
    *,
    rounds: int,
    report: Callable[[str, float], None],
    seconds: float | None = None,
    meter: Meter | None = None,
) -> Measurement:
    """Every request of every task, `rounds` times, plain and speculative in turn.

    `report` gets (what is done now, fraction). The first request is asked once before, to warm up. What was
    measured is kept when the user interrupts, and after `seconds`, when no other request is begun."""
    run = _Run(generator, meter)
    total = sum(len(task.requests) for task in tasks) * rounds * 2
    measured = run.measurement
    measured.results = [TaskResult(task) for task in tasks]
    deadline = time.monotonic() + seconds if seconds else None
    done = 0
    try:
        if total:
            run.ask(tasks[0].requests[0], speculate=True, max_tokens=_WARM_UP_TOKENS)
        for round_number in range(rounds):
            for number, place in in_turn(tasks):
                if deadline and time.monotonic() > deadline:
                    measured.stopped = "out of time"
                    return measured
                report(tasks[number].name, done / total)
                # The order alternates: neither side profits from a machine that warms up or slows down.
                run.both(
                    measured.results[number],
                    place,
                    plain_first=round_number % 2 == 0,
                    first=round_number == 0,
                )
                done += 2
    except KeyboardInterrupt:
        measured.stopped = "interrupted"
    return measured


class _Run:
    def __init__(self, generator: Generator, meter: Meter | None) -> None:
        self._generator = generator
        self._meter = meter
        self.measurement = Measurement([])

    def ask(
        self, request: Request, *, speculate: bool, max_tokens: int | None = None
    ) -> tuple[Reply, float | None]:
        """The reply, and the joules that it took."""
        options = options_of(request)
        options = replace(options, speculate=speculate, max_tokens=max_tokens or options.max_tokens)
        began, before = time.monotonic(), self._meter.joules() if self._meter else None
        *_, last = self._generator.reply(request.messages, options)
        assert isinstance(last, Reply), "a reply ends with Reply"
        if self._meter is None or before is None:
            return last, None
        joules = self._meter.joules() - before
        self.measurement.joules += joules
        self.measurement.seconds += time.monotonic() - began
        return last, joules

    def both(self, result: TaskResult, place: int, *, plain_first: bool, first: bool) -> None:
        request = result.task.requests[place]
        replies: dict[bool, Reply] = {}
        joules: dict[bool, float | None] = {}
        for speculate in (False, True) if plain_first else (True, False):
            replies[speculate], joules[speculate] = self.ask(request, speculate=speculate)
        plain, speculative = replies[False], replies[True]
        result.samples.append(
            Sample(place, plain.stats.decode_tps, speculative.stats.decode_tps, joules[False], joules[True])
        )
        result.plain.add(plain.stats)
        result.speculative.add(speculative.stats)
        if first:
            result.identical += divergence(plain.text, speculative.text) is None


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
