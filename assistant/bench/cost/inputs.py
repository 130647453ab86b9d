"""What the calculator is told, as numbers and as amounts of money in one currency."""

from collections.abc import Mapping, Sequence

from assistant.bench.cost.money import CODE_EXAMPLE, Money, converted, known_currency, parse_money
from assistant.bench.cost.prices import ApiPrice
from assistant.bench.cost.quantities import QUANTITIES, checked
from assistant.bench.cost.speeds import Measured
from assistant.errors import UsageError

Values = dict[str, float]
Amounts = dict[str, Money]
LENGTHS = ("turn_median", "turn_p90")
"""Only needed where no history says how long turns are."""


def parsed(given: Mapping[str, float | str]) -> tuple[Values, Amounts]:
    """Numbers, and amounts of money, by name. Raises UsageError for what cannot be true."""
    values: Values = {}
    amounts: Amounts = {}
    for name, value in given.items():
        if QUANTITIES[name].is_money:
            amounts[name] = money = parse_money(str(value), QUANTITIES[name].option)
            checked(name, money.amount)
        else:
            values[name] = checked(name, float(value))
    return values, amounts


def currency_of(amounts: Amounts, said: str | None) -> str | None:
    """In which currency the result is: what was `said`, else the one of the amounts. None without amounts.
    Raises UsageError where it is not clear."""
    if said:
        return known_currency(said)
    named = sorted({money.currency for money in amounts.values() if money.currency})
    if len(named) > 1:
        raise UsageError(
            f"Amounts in {' and '.join(named)} are not mixed.",
            hint=f"Say which counts, and a rate: --currency {named[0]} --exchange {named[1]}=…",
        )
    if not named and any(money.amount for money in amounts.values()):
        raise UsageError("In which currency?", hint=f"For example: {CODE_EXAMPLE}")
    return named[0] if named else None


def in_currency(amounts: Amounts, currency: str | None, rates: Mapping[str, float]) -> Values:
    """The amounts in `currency`, which is None where all are 0. Raises UsageError where a rate is missing."""
    values: Values = {}
    for name, money in amounts.items():
        amount = converted(money, currency, rates) if currency else money.amount
        if amount is None:
            raise UsageError(
                f"{QUANTITIES[name].option} is in {money.currency}, and the result in {currency}.",
                hint=f"Say what one is worth: --exchange {money.currency}=…",
            )
        values[name] = amount
    return values


def only_currency(prices: Sequence[ApiPrice]) -> str | None:
    """The currency of all prices, None where there are several."""
    found = {price.currency for price in prices}
    return found.pop() if len(found) == 1 else None


def lengths(known: Mapping[str, float], measured: Measured) -> Sequence[float]:
    """Tokens of turns: as given, else as recorded. Raises UsageError for half of a distribution."""
    from assistant.bench.cost.timeouts import lognormal

    given = [name for name in LENGTHS if name in known]
    if len(given) == 1:
        raise UsageError("--turn-median and --turn-p90 belong together: two figures make a distribution.")
    return lognormal(known["turn_median"], known["turn_p90"]) if given else measured.lengths
