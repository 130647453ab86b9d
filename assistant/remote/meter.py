"""Measures answers: what the server says of them, and the clock for the rest."""

import time

from assistant.engine.stats import Stats
from assistant.errors import CoderError
from assistant.remote import metrics
from assistant.remote.chunk import Acceptance, Chunk
from assistant.remote.connection import Connection
from assistant.remote.server import Server


class Meter:
    """Of all answers of one server."""

    def __init__(self, connection: Connection, server: Server) -> None:
        self._connection = connection
        self._server = server
        self._told_each_time = False

    def begin(self, stats: Stats) -> "Measurement":
        """Measure one answer into `stats`, from now on."""
        return Measurement(self, stats)

    def counters(self) -> metrics.Counters | None:
        """vLLM's, where it drafts and does not tell of each request."""
        if self._server.kind != "vLLM" or not self._server.drafts or self._told_each_time:
            return None
        return metrics.vllm_counters(self._samples())

    def averages(self) -> tuple[float, float] | None:
        """SGLang's, where it drafts."""
        if self._server.kind != "SGLang" or not self._server.drafts:
            return None
        return metrics.sglang_averages(self._samples())

    def tells_each_time(self) -> None:
        self._told_each_time = True

    def _samples(self) -> dict[str, list[float]]:
        try:
            return metrics.read_samples(self._connection.get(f"{self._connection.address.root}/metrics"))
        except CoderError:  # an answer is worth more than its figures
            return {}


class Measurement:
    """Of one answer. Before its end, tokens are those that the server has counted, or one a piece."""

    def __init__(self, meter: Meter, stats: Stats) -> None:
        self._meter = meter
        self._stats = stats
        self._before = meter.counters()
        self._acceptance: Acceptance | None = None
        self._timed = self._counted = False
        self._began = time.monotonic()
        self._first: float | None = None

    def take(self, chunk: Chunk) -> None:
        """What a chunk says of itself."""
        if chunk.usage:
            self._counted = True
            metrics.take_usage(self._stats, chunk.usage)
        if chunk.timings:
            self._timed = True
            metrics.take_timings(self._stats, chunk.timings)
        if chunk.metrics and chunk.metrics.speculative_decoding:
            self._acceptance = chunk.metrics.speculative_decoding
            self._meter.tells_each_time()

    def count(self) -> None:
        """A piece of text has come."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
            self._stats.ttft_s = now - self._began
        if not self._counted and not self._timed:
            self._stats.emitted += 1
        if not self._timed:
            self._stats.prefill_s = self._stats.ttft_s
            self._stats.decode_s = now - self._first

    def end(self) -> None:
        """The answer is whole."""
        if self._acceptance:
            metrics.take_acceptance(self._stats, self._acceptance)
        elif self._before and (after := self._meter.counters()):
            metrics.take_difference(self._stats, self._before, after)
        elif averages := self._meter.averages():
            metrics.take_averages(self._stats, *averages)
