"""Amounts that know their currency: two are never added without a rate that the user gave."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.errors import UsageError

CODE = r"^[A-Z]{3}$"
CODE_EXAMPLE = "--currency EUR"
_AMOUNT = re.compile(r"(?:([A-Za-z]{3})\s*)?([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*([A-Za-z]{3})?")
_SIGNS = {"€": "EUR", "£": "GBP"}  # $ and ¥ are signs of several currencies


@dataclass(frozen=True, slots=True)
class Money:
    amount: float
    currency: str | None = None
    """ISO 4217, None where it was not said."""


def parse_money(text: str, what: str) -> Money:
    """`2400`, `2400 EUR` or `EUR 2400`. Raises UsageError, naming `what` it should have been."""
    plain = text.strip()
    for sign, code in _SIGNS.items():
        plain = plain.replace(sign, f" {code} ").strip()
    found = _AMOUNT.fullmatch(plain)
    if not found or (found[1] and found[3]):
        raise UsageError(f"{what}: {text!r} is no amount.", hint="For example: 2400 EUR")
    if "," in found[2]:
        raise UsageError(
            f"{what}: {text!r} can be read in two ways.",
            hint="Write it with a point and without commas: 2400.50",
        )
    try:
        amount = float(found[2])
    except ValueError as error:
        raise UsageError(f"{what}: {text!r} is no amount.", hint="For example: 2400 EUR") from error
    currency = found[1] or found[3]
    return Money(amount, currency.upper() if currency else None)


def known_currency(code: str) -> str:
    """`code` as ISO 4217 writes it. Raises UsageError."""
    if not re.match(CODE, code.strip().upper()):
        raise UsageError(f"{code!r} is no currency code.", hint=f"For example: {CODE_EXAMPLE}")
    return code.strip().upper()


def parse_rates(texts: list[str]) -> dict[str, float]:
    """`USD=0.92`: one of that currency in the result's. Raises UsageError."""
    rates: dict[str, float] = {}
    for text in texts:
        code, _, rate = text.partition("=")
        code = code.strip().upper()
        try:
            value = float(rate)
        except ValueError:
            value = math.nan
        if not re.match(CODE, code) or not (0 < value < math.inf):
            raise UsageError(
                f"{text!r} is no exchange rate.", hint="--exchange USD=0.92: one USD is 0.92 of --currency."
            )
        rates[code] = value
    return rates


def converted(money: Money, currency: str, rates: Mapping[str, float]) -> float | None:
    """The amount in `currency`, None where no rate is known. What has no currency of its own is in it."""
    if money.currency in (None, currency):
        return money.amount
    rate = rates.get(money.currency)
    return None if rate is None else money.amount * rate
