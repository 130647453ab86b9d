"""One measurement beside an earlier one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.bench.report.document import Document
from assistant.errors import UsageError

_NUMBERS = ("plain_tps", "speculative_tps", "speedup")


@dataclass(frozen=True, slots=True)
class Change:
    """Of one task that both have. Ratios are now / then; `clear` where the intervals of the speedups do not
    meet, so that chance is an unlikely reason."""

    task: str
    speedup_then: float
    speedup_now: float
    plain_ratio: float
    speculative_ratio: float
    clear: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_document(path: Path) -> Document:
    """A document of `coder bench --json`. Raises UsageError for anything else."""
    try:
        found: Document = json.loads(path.read_text("utf-8"))
        for task in found["tasks"]:
            if not (task["task"] and all(float(task[name]) >= 0 for name in _NUMBERS)):
                raise ValueError(task)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no document of coder bench --json.") from error
    return found


def compare(now: Document, then: Document) -> list[Change]:
    """The tasks of both, in the order of `now`."""
    earlier = {task["task"]: task for task in then["tasks"]}
    return [
        _change(task, earlier[task["task"]])
        for task in now["tasks"]
        if task["task"] in earlier and earlier[task["task"]]["plain_tps"] and task["plain_tps"]
    ]


def _change(now: Mapping[str, Any], then: Mapping[str, Any]) -> Change:
    (low, high), (low_then, high_then) = _interval(now), _interval(then)
    fast_then = then["speculative_tps"]
    return Change(
        now["task"],
        then["speedup"],
        now["speedup"],
        round(now["plain_tps"] / then["plain_tps"], 3),
        round(now["speculative_tps"] / fast_then, 3) if fast_then else 0.0,
        low > high_then or high < low_then,
    )


def _interval(task: Mapping[str, Any]) -> tuple[float, float]:
    """Earlier versions knew the middle half alone."""
    low, high = task.get("speedup_interval_95") or task.get("speedup_middle_half") or (task["speedup"],) * 2
    return float(low), float(high)
