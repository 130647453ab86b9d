"""What the calculator can be told, and what of it is believed."""

import math
from dataclasses import dataclass

from assistant.errors import UsageError


@dataclass(frozen=True, slots=True)
class Quantity:
    """`ask` is how it is asked for. Values from `low` to `high` are believed; `above_zero` where 0 is not."""

    option: str
    ask: str
    unit: str
    low: float
    high: float
    above_zero: bool = True
    is_money: bool = False


_YEARS, _DAY_HOURS = 30, 24
QUANTITIES: dict[str, Quantity] = {
    "plain_tps": Quantity("--plain-tps", "Tokens/s without speculation", "tokens/s", 0, 1e6),
    "speculative_tps": Quantity("--speculative-tps", "Tokens/s with speculation", "tokens/s", 0, 1e6),
    "prefill_tps": Quantity("--prefill-tps", "Prompt tokens/s", "tokens/s", 0, 1e7),
    "hardware": Quantity(
        "--hardware", "What the machine cost (0 where you have it anyway)", "", 0, 1e9, False, True
    ),
    "life_years": Quantity("--life", "How many years it will be used", "years", 0, _YEARS),
    "hours_a_day": Quantity("--hours", "Hours a day that it answers", "h", 0, _DAY_HOURS),
    "power_w": Quantity("--power", "Power while it answers", "W", 0, 1e5),
    "electricity": Quantity("--electricity", "Price of a kWh", "", 0, 1e5, False, True),
    "tokens_in": Quantity("--tokens-in", "Prompt tokens a day", "tokens", 0, 1e12, False),
    "tokens_out": Quantity("--tokens-out", "Answer tokens a day", "tokens", 0, 1e12, False),
    "cached_share": Quantity(
        "--cached", "Share of the prompt tokens that the API still knows, 0 to 1", "", 0, 1, False
    ),
    "turns": Quantity("--turns", "Agent turns a day", "turns", 0, 1e7),
    "retry_rate": Quantity(
        "--retries", "Share of turns that must be done again, 0 to 0.95", "", 0, 0.95, False
    ),
    "turn_limit_s": Quantity("--turn-limit", "Time limit of a turn in seconds", "s", 0, 604_800),
    "turn_median": Quantity("--turn-median", "Tokens of a middling turn", "tokens", 0, 1e7),
    "turn_p90": Quantity("--turn-p90", "Tokens that nine turns in ten stay below", "tokens", 0, 1e7),
}


def checked(name: str, value: float) -> float:
    """`value` where it can be true. Raises UsageError with the reason where it cannot."""
    quantity = QUANTITIES[name]
    unit = f" {quantity.unit}" if quantity.unit else ""
    said = f"{quantity.option} {value:g}{unit}"
    if not math.isfinite(value):
        raise UsageError(f"{said} is no number.")
    if value < 0:
        raise UsageError(f"{said} is negative.", hint=quantity.ask)
    if value == 0 and quantity.above_zero:
        raise UsageError(f"{said}: it must be more than 0.", hint=quantity.ask)
    if not quantity.low <= value <= quantity.high:
        raise UsageError(f"{said} is not believable: at most {quantity.high:,g}{unit}.", hint=quantity.ask)
    return value
