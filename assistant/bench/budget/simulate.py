"""The same turns for models that run elsewhere, from published figures. A simulation, not a measurement."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.bench.budget import BudgetReport, Tally


@dataclass(frozen=True, slots=True)
class Published:
    """How much quicker a user's tokens come, least and most, and over what."""

    name: str
    low: float
    high: float
    over: str
    source: str


_SOURCE = "DeepSeek's own traffic, arXiv 2607.05147"
DSPARK = (
    Published("v4-flash", 1.60, 1.85, "MTP-1", _SOURCE),
    Published("v4-pro", 1.57, 1.78, "MTP-1", _SOURCE),
)


def simulate(model: Published, base_tps: float, lengths: Sequence[float], limit_s: float) -> BudgetReport:
    """Jobs of `lengths` tokens at `base_tps`, and with DSpark at both ends of its published range. Prompts
    take no time here, so that gains of whole turns are smaller than these."""
    speeds = (
        (model.over, base_tps),
        (f"DSpark, +{model.low - 1:.0%}", base_tps * model.low),
        (f"DSpark, +{model.high - 1:.0%}", base_tps * model.high),
    )
    told = f"{model.name} at {base_tps:g} tokens/s with {model.over}, gains as published ({model.source})"
    return BudgetReport(limit_s, [tally(way, tps, lengths, limit_s) for way, tps in speeds], simulated=told)


def tally(way: str, tps: float, lengths: Sequence[float], limit_s: float) -> Tally:
    """Turns of at most `limit_s` at `tps` tokens/s until each job has its tokens."""
    most = int(tps * limit_s)
    found = Tally(way, billed_in=None)
    for length in (max(1, round(length)) for length in lengths):
        found.jobs += 1
        if most < 1:  # no turn brings a token
            found.turns += 1
            found.timeouts += 1
            found.seconds += limit_s
            continue
        turns = math.ceil(length / most)
        found.finished += 1
        found.turns += turns
        found.timeouts += turns - 1
        found.useful += length
        found.billed_out += length
        found.seconds += length / tps
    return found
