"""The cost curve: what a forward pass of n tokens takes on this machine, measured, not assumed."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from assistant.engine.llama import Context
from assistant.engine.measured import Measured, Origin, Quiet

# In order of importance: a slow model is timed at the first few only.
SIZES = (1, 4, 8, 2, 16, 32, 3, 6, 12, 24, 5, 7, 10, 20, 48)
_ESSENTIAL = 3
_ROUNDS = 5
_NEAR = 256
_FAR = 2048
_FAR_SIZES = (1, 8)
_FAR_ENOUGH = 3

# Between F16 and Q4_0 files of SmolLM2 on two AVX2 cores.
USUAL_SIZES, USUAL_COSTS = (1, 2, 4, 8, 16, 32), (1.0, 1.4, 1.8, 2.9, 4.2, 8.0)


@dataclass(frozen=True, slots=True)
class CostCurve:
    """`seconds[i]` is the time of one pass of `sizes[i]` tokens behind `context` tokens; between them it
    is interpolated. `attention` is what each further context token adds, in seconds, to the first token
    of a pass and to each other token; (0, 0) where that was not measured."""

    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    context: int = _NEAR
    attention: tuple[float, float] = (0.0, 0.0)

    def __call__(self, tokens: int, context: int | None = None) -> float:
        """Seconds of a pass of `tokens` behind `context` tokens, by default as many as were measured."""
        near = float(np.interp(tokens, self.sizes, self.seconds))
        further = 0 if context is None else context - self.context
        first, each = self.attention
        return max(near + (first + each * (tokens - 1)) * further, near / 2)

    def table(self, context: int | None = None) -> list[float]:
        """`[max(sizes) + 1]` seconds by pass size; index 0 is 0."""
        return [0.0, *(self(n, context) for n in range(1, self.sizes[-1] + 1))]


class FixedCurve:
    """Costs that are known and stay: `pass_seconds[n]` for n tokens, whatever the context."""

    def __init__(self, pass_seconds: Sequence[float]) -> None:
        self._pass_seconds = pass_seconds

    def table(self, context: int) -> Sequence[float]:
        return self._pass_seconds

    def learn(self, size: int, context: int, seconds: float) -> None: ...


class LiveCurve:
    """A cost curve that follows the passes that are seen while decoding.

    Contexts are kept apart in bands, each twice as long as the one before it. What is seen in one pass
    size moves the whole band a little and that size more, so a wrong first measurement heals and a
    machine that is slow for a while is slow at all sizes. A larger pass is never taken to be cheaper
    than a smaller one."""

    _SHORTEST_BAND = 512
    _WHOLE = 0.2
    _OWN = 0.04
    # No single pass counts for more than this factor: other programs disturb it.
    _MOST = 2.0

    def __init__(self, first: CostCurve) -> None:
        self._first = first
        self._scale = 1.0
        self._bands: dict[int, tuple[list[float], list[float]]] = {}

    def table(self, context: int) -> Sequence[float]:
        """Seconds by pass size behind `context` tokens; index 0 is unused."""
        return self._band(context)[1]

    def learn(self, size: int, context: int, seconds: float) -> None:
        """A pass of `size` tokens behind `context` tokens took `seconds`."""
        shape, table = self._band(context)
        if size >= len(table):
            return
        ratio = min(max(seconds / table[size], 1 / self._MOST), self._MOST)
        self._scale *= ratio**self._WHOLE
        shape[size] *= ratio**self._OWN
        self._fill(shape, table)

    def _band(self, context: int) -> tuple[list[float], list[float]]:
        number = (context // self._SHORTEST_BAND).bit_length()
        if number not in self._bands:
            middle = int(self._SHORTEST_BAND * (0.75 * 2**number if number else 0.5))
            shape = self._first.table(middle)
            table = list(shape)
            self._fill(shape, table)
            self._bands[number] = shape, table
        return self._bands[number]

    def _fill(self, shape: Sequence[float], table: list[float]) -> None:
        least = shape[-1]
        for size in range(len(shape) - 1, 0, -1):
            least = min(least, shape[size])
            table[size] = least * self._scale


@dataclass(frozen=True, slots=True)
class Measurement:
    """`disturbed` where the machine had other work meanwhile."""

    curve: CostCurve
    disturbed: bool


def measure(context: Context, sizes: Sequence[int] = SIZES, budget_s: float = 1.5) -> Measurement:
    """Time passes of each size behind some context, in rounds, until `budget_s` is spent, and two sizes
    behind a longer context where that takes no more than `budget_s` again. Larger ones than there was
    time for are taken to go on as the last ones did.

    The quickest time of each size counts: whatever else the machine did can only slow a pass down.
    Leaves the context empty."""
    quiet = Quiet(context.threads)
    return Measurement(_measured(context, sizes, budget_s), quiet.disturbed)


def _measured(context: Context, sizes: Sequence[int], budget_s: float) -> CostCurve:
    sizes = [n for n in sizes if n <= min(context.batch_size, context.size // 2)]
    context.truncate(0)
    started = time.perf_counter()
    _fill(context, min(_NEAR, context.size // 4), started + budget_s / 2)
    filled, base = time.perf_counter() - started, len(context.tokens)
    quickest = _time(context, sizes, started + budget_s, _ROUNDS)
    timed = sorted(quickest)
    # A larger pass cannot be cheaper than a smaller one: that is a disturbed measurement.
    seconds = np.minimum.accumulate([quickest[n] for n in timed][::-1])[::-1].tolist()
    if timed[-1] < (longest := max(sizes)):
        each = (seconds[-1] - seconds[0]) / (timed[-1] - timed[0])
        seconds.append(seconds[-1] + each * (longest - timed[-1]))
        timed.append(longest)
    near = CostCurve(tuple(timed), tuple(seconds), base)
    far = min(_FAR, context.size - max(_FAR_SIZES))
    if far >= _FAR_ENOUGH * base and _FAR_ENOUGH * filled < budget_s:
        near = replace(near, attention=_attention(context, near, far, budget_s))
    context.truncate(0)
    return near


def _fill(context: Context, tokens: int, deadline: float) -> None:
    """Evaluate filler up to so many context tokens or until the deadline, some at least."""
    filler = context.model.tokenize("def f(x):\n    return x\n", special=False)[:1] * context.batch_size
    while (left := tokens - len(context.tokens)) > 0:
        if context.tokens and time.perf_counter() > deadline:
            break
        context.evaluate(filler[: min(left, _NEAR)], all_logits=False)


def _time(context: Context, sizes: Sequence[int], deadline: float, rounds: int) -> dict[int, float]:
    """The quickest time of each size in seconds; past the deadline only the first few are timed, once."""
    base = len(context.tokens)
    filler = context.tokens[:1] * max(sizes)
    quickest: dict[int, float] = {}
    for _ in range(rounds):
        for i, n in enumerate(sizes):
            if i >= _ESSENTIAL and time.perf_counter() > deadline:
                break
            before = time.perf_counter()
            context.evaluate(filler[:n])
            took = time.perf_counter() - before
            context.truncate(base)
            quickest[n] = min(took, quickest.get(n, took))
        if time.perf_counter() > deadline:
            break
    return quickest


def _attention(context: Context, near: CostCurve, far: int, budget_s: float) -> tuple[float, float]:
    """What context tokens between `near` and `far` add, from two pass sizes. It grows with the number
    of passed tokens on a CPU and hardly at all where a pass waits for memory."""
    started = time.perf_counter()
    _fill(context, far, started + 0.7 * budget_s)
    quickest = _time(context, _FAR_SIZES, started + budget_s, _ROUNDS)
    further = len(context.tokens) - near.context
    one, several = ((quickest[n] - near(n)) / further for n in _FAR_SIZES)
    return max(one, 0.0), max((several - max(one, 0.0)) / (_FAR_SIZES[1] - _FAR_SIZES[0]), 0.0)


def curve_for(context: Context, folder: Path) -> tuple[CostCurve, Origin]:
    """The stored curve of this model file, machine, thread count and context profile, else measured and
    stored, and why it was measured.

    What a machine shows that has other work is not kept. Taken as it is it could forbid all drafting, from
    which nothing would ever be learned, so the usual proportions stand in for it."""
    kept = Measured(folder, context)
    values, origin = kept.read()
    if values is not None:
        curve = _curve(values)
        if curve:
            return curve, origin
        origin = "damaged"
    measured = measure(context)
    if measured.disturbed:
        return _usual(measured.curve.seconds[0]), "disturbed"
    kept.write(asdict(measured.curve))
    return measured.curve, origin


def _usual(one: float) -> CostCurve:
    """What passes take on CPUs where one of a single token takes `one` second."""
    return CostCurve(USUAL_SIZES, tuple(one * times for times in USUAL_COSTS))


def _curve(values: dict[str, Any]) -> CostCurve | None:
    """The curve of these values; None where they make none."""
    try:
        curve = CostCurve(
            tuple(map(int, values["sizes"])),
            tuple(map(float, values["seconds"])),
            int(values["context"]),
            (float(values["attention"][0]), float(values["attention"][1])),
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    return curve if _is_sound(curve) else None


def _is_sound(curve: CostCurve) -> bool:
    sizes, seconds = curve.sizes, curve.seconds
    return (
        len(sizes) == len(seconds) >= 2
        and sizes[0] == 1
        and all(a < b for a, b in pairwise(sizes))
        and all(0 < a <= b < math.inf for a, b in pairwise(seconds))
        and all(0 <= each < math.inf for each in curve.attention)
    )
