"""The JSON document of a measurement."""

import platform
import time
from collections.abc import Sequence
from typing import Any

from assistant import __version__
from assistant.bench.measure import Measurement

Document = dict[str, Any]


def document(
    measured: Measurement,
    *,
    model: str,
    file: str,
    threads: int,
    rounds: int,
    cost_curve: Sequence[float],
    metered: Sequence[str] = (),
) -> Document:
    """`stopped` is null where every request was asked; `power_w` is what `metered` sources took."""
    return {
        "version": __version__,
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.system()} {platform.machine()}",
        "model": model,
        "file": file,
        "threads": threads,
        "rounds": rounds,
        "stopped": measured.stopped or None,
        "power_w": round(measured.power_w, 2) if measured.power_w else None,
        "metered": list(metered),
        "cost_curve": list(cost_curve),
        "tasks": [result.as_dict() for result in measured.results if result.samples],
    }
