"""A generation with round numbers."""

from dataclasses import replace

from assistant.bench.history import Generation
from assistant.engine.stats import DraftCount, Stats


def generation(day: str = "2026-11-25", **changes: object) -> Generation:
    """30 tokens in 10 passes and 2 seconds, 15 of 20 drafted tokens accepted."""
    stats = Stats(100, 40, 0.5, 0.6, 30, 10, 2.0, 1.5, 0.1, {"lookup": DraftCount(20, 15)})
    made = Generation(1.7e9, day, "m", "run", "edit", True, "stop", stats)
    return replace(made, **changes)  # type: ignore[arg-type]
