"""The arithmetic of cost. Pure functions: money in one currency, power in watts, times in seconds.

Speculation changes how many tokens come a second, and neither how many there are nor what an API bills.
"""

import math
from dataclasses import dataclass

from assistant.bench.cost.prices import ApiPrice

_SECONDS_AN_HOUR = 3600
_DAYS_A_YEAR = 365.25
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens a day, prompts and answers. `retry_rate` of the turns must be done again, until one succeeds;
    an API still knows `cached_share` of the prompt tokens."""

    tokens_in: float
    tokens_out: float
    retry_rate: float = 0.0
    cached_share: float = 0.0

    @property
    def attempts(self) -> float:
        """How often each turn is done on average."""
        return 1 / (1 - self.retry_rate)

    @property
    def tokens(self) -> float:
        """All tokens a day, with those of turns done again."""
        return (self.tokens_in + self.tokens_out) * self.attempts


def hardware_per_hour(price: float, life_years: float, hours_a_day: float) -> float:
    """The machine's price spread over the hours in which it answers."""
    return price / (life_years * _DAYS_A_YEAR * hours_a_day)


def energy_per_hour(power_w: float, price_per_kwh: float) -> float:
    """What an hour of answering takes from the wall."""
    return power_w / 1000 * price_per_kwh


def per_million(cost_per_hour: float, tps: float) -> float:
    """Of a million answer tokens at `tps` tokens/s."""
    return cost_per_hour / _SECONDS_AN_HOUR / tps * MILLION


def busy_seconds(workload: Workload, tps: float, prefill_tps: float) -> float:
    """How long a day the machine reads and writes."""
    return workload.attempts * (workload.tokens_in / prefill_tps + workload.tokens_out / tps)


def saved_seconds(workload: Workload, plain_tps: float, speculative_tps: float) -> float:
    """What speculation saves a day; below 0 where it is slower."""
    return workload.attempts * workload.tokens_out * (1 / plain_tps - 1 / speculative_tps)


def api_per_day(price: ApiPrice, workload: Workload) -> float:
    """The bill of a day, in the price's currency. What is cached costs the same where no price says else."""
    cached = price.input if price.cached_input is None else price.cached_input
    share = workload.cached_share
    tokens_in = workload.tokens_in * ((1 - share) * price.input + share * cached)
    return workload.attempts * (tokens_in + workload.tokens_out * price.output) / MILLION


def break_even_days(hardware: float, api_a_day: float, energy_a_day: float) -> float:
    """After how many days a machine has saved its price, infinite where it never does."""
    if hardware <= 0:
        return 0.0 if api_a_day >= energy_a_day else math.inf
    saved = api_a_day - energy_a_day
    return hardware / saved if saved > 0 else math.inf
