"""Speeds that were measured: in a document of `coder bench`, or in the history."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.bench.history import Filter, History
from assistant.errors import UsageError


@dataclass(frozen=True, slots=True)
class Measured:
    """`values` by their name in QUANTITIES, each with where it comes from; `lengths` of turns in tokens."""

    values: dict[str, float] = field(default_factory=dict)
    origin: str = ""
    lengths: Sequence[float] = ()


def from_bench(path: Path, task: str | None = None) -> Measured:
    """Of a document that `coder bench --json` wrote: of one task, else as if each had as many tokens.
    Raises UsageError."""
    try:
        document = json.loads(path.read_text("utf-8"))
        tasks: list[dict[str, Any]] = [one for one in document["tasks"] if task in (None, one["task"])]
        names = {"plain_tps": "plain_tps", "speculative_tps": "speculative_tps", "prefill_tps": "prefill_tps"}
        speeds = {
            ours: [float(one[theirs]) for one in tasks if one[theirs]] for ours, theirs in names.items()
        }
        power = document.get("power_w")
        values = {name: statistics.harmonic_mean(found) for name, found in speeds.items() if found}
        if power:
            values["power_w"] = float(power)
        model = str(document["model"])
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no document of coder bench --json.") from error
    if not tasks:
        raise UsageError(f"{path} has no task {task!r}." if task else f"{path} has no tasks.")
    return Measured(values, f"{path.name}: {model}, {task or f'{len(tasks)} tasks'}")


def from_history(history: History, model: str | None = None) -> Measured:
    """Of the model that was used most, or of `model`: work with speculation, benchmarks without. Plain speed
    is known only where `coder bench` was run."""
    used = sorted(history.totals("model", Filter(model=model)), key=lambda total: -total.stats.emitted)
    if not used:
        return Measured()
    name, count = used[0].key, used[0].generations
    values: dict[str, float] = {}
    for total in history.totals("model", Filter(model=name, speculate=True)):
        values["speculative_tps"] = total.stats.decode_tps
        values["prefill_tps"] = total.stats.prefill_tps
    for command in ("bench", None):
        for total in history.totals("model", Filter(model=name, command=command, speculate=False)):
            values.setdefault("plain_tps", total.stats.decode_tps)
    return Measured(
        {key: value for key, value in values.items() if value > 0},
        f"your history: {name}, {count:,} answer{'' if count == 1 else 's'}",
        history.lengths(Filter(model=name)),
    )
