"""What `coder cost` is told: by options, by answers on the terminal, and by measurements."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from assistant.bench.cost.money import CODE_EXAMPLE, Money, converted, known_currency, parse_money
from assistant.bench.cost.prices import ApiPrice
from assistant.bench.cost.quantities import QUANTITIES, checked
from assistant.bench.cost.speeds import Measured, from_bench, from_history
from assistant.errors import CoderError, UsageError

Values = dict[str, float]
Amounts = dict[str, Money]
# Only asked for where no history says how long turns are.
_LENGTHS = ("turn_median", "turn_p90")


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


def measured(bench: Path | None, task: str | None, model: str | None) -> Measured:
    """From the document `bench`, else from the history; where that cannot be read it is told."""
    from assistant.bench.history import History, history_file

    if bench:
        return from_bench(bench, task)
    if not history_file().exists():
        return Measured()
    try:
        with History(history_file()) as history:
            return from_history(history, model)
    except CoderError as error:
        typer.echo(f"{error.message} Speeds are not taken from it.", err=True)
        return Measured()


def ask(values: Values, amounts: Amounts, known: Measured) -> None:
    """Ask for what is not known, and add the answers. Return leaves a value out."""
    typer.echo("Return leaves out what you do not know.", err=True)
    for name, quantity in QUANTITIES.items():
        if name in values or name in amounts or name in known.values:
            continue
        if name in _LENGTHS and known.lengths:
            continue
        while answer := typer.prompt(quantity.ask, default="", show_default=False, err=True).strip():
            try:
                more_values, more_amounts = parsed({name: answer})
            except (UsageError, ValueError) as error:
                typer.echo(getattr(error, "message", f"{answer!r} is no number."), err=True)
                continue
            values |= more_values
            amounts |= more_amounts
            break


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

    given = [name for name in _LENGTHS if name in known]
    if len(given) == 1:
        raise UsageError("--turn-median and --turn-p90 belong together: two figures make a distribution.")
    return lognormal(known["turn_median"], known["turn_p90"]) if given else measured.lengths
