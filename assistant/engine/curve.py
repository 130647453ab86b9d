"""The cost curve: what a forward pass of n tokens takes on this machine, measured, not assumed."""

import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.engine.llama import Context

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48)
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


def measure(context: Context, sizes: Sequence[int] = SIZES, rounds: int = _ROUNDS) -> CostCurve:
    """Time passes of each size behind some context, interleaved, median. Takes a second or so for a
    small model; leaves the context empty."""
    sizes = [n for n in sizes if n <= min(context.batch_size, context.size // 2)]
    filler = [context.model.tokenize("def f(x):\n    return x\n", special=False)[0]] * sizes[-1]
    context.truncate(0)
    for _ in range(max(1, min(_CONTEXT_TOKENS, context.size // 4) // len(filler))):
        context.evaluate(filler, all_logits=False)
    base = len(context.tokens)
    times: dict[int, list[float]] = {n: [] for n in sizes}
    for turn in range(rounds + 1):
        for n in sizes:
            started = time.perf_counter()
            context.evaluate(filler[:n])
            if turn:  # the first turn warms up
                times[n].append(time.perf_counter() - started)
            context.truncate(base)
    context.truncate(0)
    return CostCurve(tuple(sizes), tuple(statistics.median(times[n]) for n in sizes))


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
        os.replace(file.name, path)
    except OSError:
        pass
    return curve


def _key(context: Context) -> str:
    file = context.model.path.stat()
    parts = (context.model.path.name, file.st_size, file.st_mtime_ns, context.threads, context.options.exact, os.uname().nodename if hasattr(os, "uname") else "")
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
