"""How many turns a time limit cuts off, simulated over the lengths that turns have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.errors import UsageError

_TURNS, _DAYS = 100_000, 1_000
_P90 = 1.2815515655446004  # standard deviations at which a normal variable has nine tenths below


@dataclass(frozen=True, slots=True)
class Timeouts:
    """`share` of all turns; on an average day so many, on nine days in ten from `low` to `high`."""

    share: float
    a_day: float
    low: float
    high: float


def lognormal(median: float, p90: float, seed: int = 0) -> list[float]:
    """Lengths whose logarithm is normal, with this median and 90th percentile. Raises UsageError."""
    if p90 <= median:
        raise UsageError(f"--turn-p90 {p90:g} must be above --turn-median {median:g}.")
    sigma = np.log(p90 / median) / _P90
    lengths: list[float] = np.random.default_rng(seed).lognormal(np.log(median), sigma, _TURNS).tolist()
    return lengths


def simulate(
    lengths: Sequence[float],
    *,
    tps: float,
    limit_s: float,
    turns: float,
    prompt_s: float = 0.0,
    seed: int = 0,
) -> Timeouts:
    """Turns of these `lengths` in tokens, `turns` a day, each cut off after `limit_s`. `prompt_s` is what
    reading the prompt takes. The same seed gives the same days, whatever the speed."""
    times: npt.NDArray[np.float64] = prompt_s + np.asarray(lengths, dtype=np.float64) / tps
    share = float((times > limit_s).mean())
    days = np.random.default_rng(seed).binomial(max(1, round(turns)), share, _DAYS)
    low, high = np.quantile(days, (0.05, 0.95))
    return Timeouts(share, share * turns, float(low), float(high))
