"""The cost curve: what a forward pass of n tokens takes on this machine, measured, not assumed."""

import hashlib
import json
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.engine.llama import Context

# In order of importance: a slow model is timed at the first few only.
SIZES = (1, 4, 8, 2, 16, 32, 3, 6, 12, 24, 5, 7, 10, 20, 48)
_ESSENTIAL = 3
_ROUNDS = 5
_CONTEXT_TOKENS = 256


@dataclass(frozen=True, slots=True)
class CostCurve:
    """`seconds[i]` is the time of one pass of `sizes[i]` tokens; between them it is interpolated."""

    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    def __call__(self, tokens: int) -> float:
        return float(np.interp(tokens, self.sizes, self.seconds))

    def table(self) -> list[float]:
        """`[max(sizes) + 1]` seconds by pass size; index 0 is 0."""
        return [0.0, *(self(n) for n in range(1, self.sizes[-1] + 1))]


def measure(context: Context, sizes: Sequence[int] = SIZES, budget_s: float = 1.5) -> CostCurve:
    """Time passes of each size behind some context, in rounds, until `budget_s` is spent.

    The quickest time of each size counts: whatever else the machine did can only slow a pass down.
    Leaves the context empty."""
    sizes = [n for n in sizes if n <= min(context.batch_size, context.size // 2)]
    filler = context.model.tokenize("def f(x):\n    return x\n", special=False)[:1] * max(sizes)
    context.truncate(0)
    started = time.perf_counter()
    while len(context.tokens) < min(_CONTEXT_TOKENS, context.size // 4):
        context.evaluate(filler, all_logits=False)
        if time.perf_counter() - started > budget_s / 2:
            break
    base = len(context.tokens)
    quickest: dict[int, float] = {}
    for _ in range(_ROUNDS):
        for i, n in enumerate(sizes):
            if i >= _ESSENTIAL and time.perf_counter() - started > budget_s:
                break
            before = time.perf_counter()
            context.evaluate(filler[:n])
            took = time.perf_counter() - before
            context.truncate(base)
            quickest[n] = min(took, quickest.get(n, took))
        if time.perf_counter() - started > budget_s:
            break
    context.truncate(0)
    timed = sorted(quickest)
    # A larger pass cannot be cheaper than a smaller one: that is a disturbed measurement.
    seconds = np.minimum.accumulate([quickest[n] for n in timed][::-1])[::-1]
    return CostCurve(tuple(timed), tuple(map(float, seconds)))


def curve_for(context: Context, folder: Path) -> CostCurve:
    """The stored curve of this model file, thread count and context profile, else measured and stored.

    A damaged file is measured again; a folder that cannot be written costs the measurement each time."""
    path = folder / f"{_key(context)}.json"
    try:
        stored = json.loads(path.read_text())
        return CostCurve(tuple(stored["sizes"]), tuple(stored["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        curve = measure(context)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            json.dump({"sizes": curve.sizes, "seconds": curve.seconds}, file)
        Path(file.name).replace(path)
    except OSError:
        pass
    return curve


def _key(context: Context) -> str:
    file = context.model.path.stat()
    parts = (
        context.model.path.name,
        file.st_size,
        file.st_mtime_ns,
        context.threads,
        context.options.exact,
        platform.node(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
