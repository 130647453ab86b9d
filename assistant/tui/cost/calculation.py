"""From what is written in the fields to a report, or to what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.bench.cost.inputs import (
    Amounts,
    currency_of,
    in_currency,
    lengths,
    only_currency,
    parsed,
)
from assistant.bench.cost.money import parse_rates
from assistant.bench.cost.prices import ApiPrice
from assistant.bench.cost.quantities import QUANTITIES
from assistant.bench.cost.report import CostReport, report
from assistant.bench.cost.speeds import Measured
from assistant.errors import UsageError

CURRENCY, EXCHANGE = "currency", "exchange"
LABELS: Mapping[str, str] = {
    "plain_tps": "plain tok/s",
    "speculative_tps": "speculative tok/s",
    "prefill_tps": "prompt tok/s",
    "tokens_in": "prompt tokens a day",
    "tokens_out": "answer tokens a day",
    "hardware": "machine's price",
    "life_years": "years of use",
    "hours_a_day": "hours a day",
    "power_w": "watts",
    "electricity": "price of a kWh",
    CURRENCY: "currency",
    EXCHANGE: "rates (USD=0.92)",
    "cached_share": "cached share, 0–1",
    "turns": "turns a day",
    "retry_rate": "retried share, 0–1",
    "turn_limit_s": "limit of a turn, s",
    "turn_median": "median turn, tokens",
    "turn_p90": "p90 turn, tokens",
}
"""What can be told, in the order in which it is asked."""
_NAMES = {
    **{quantity.option: LABELS[name] for name, quantity in QUANTITIES.items()},
    "--currency": LABELS[CURRENCY],
    "--exchange": "rates",
}


@dataclass(frozen=True, slots=True)
class Calculated:
    """Without a `report`, `problem` says what is wrong in `field`, which is empty for all of them."""

    report: CostReport | None
    problem: str = ""
    field: str = ""


def calculate(texts: Mapping[str, str], measured: Measured, prices: Sequence[ApiPrice]) -> Calculated:
    """What follows from the `texts` by field, empty where something is not known, and what was `measured`,
    which they override."""
    given = {name: text.strip() for name, text in texts.items() if text.strip()}
    values, amounts = dict(measured.values), Amounts()
    for name in QUANTITIES.keys() & given.keys():
        try:
            some_values, some_amounts = parsed({name: given[name]})
        except UsageError as error:
            return Calculated(None, in_fields(error.message), name)
        except ValueError:
            return Calculated(None, f"{given[name]!r} is no number.", name)
        values |= some_values
        amounts |= some_amounts
    try:
        rates = parse_rates(given.get(EXCHANGE, "").replace(",", " ").split())
        currency = currency_of(amounts, given.get(CURRENCY))
        known = values | in_currency(amounts, currency, rates)
        found = report(
            known,
            currency=currency or only_currency(prices),
            prices=prices,
            rates=rates,
            lengths=lengths(known, measured),
        )
    except UsageError as error:
        return Calculated(None, in_fields(f"{error.message} {error.hint}".strip()))
    return Calculated(found)


def in_fields(text: str) -> str:
    """A sentence about options of the command line, with the names that the fields have."""
    for option in sorted(_NAMES, key=len, reverse=True):
        text = text.replace(option, _NAMES[option])
    return text
