"""Figures of a report as a person reads them."""

import math
from collections.abc import Callable

_UNKNOWN, _NEVER = "–", "never"


def shown(value: float | None, form: Callable[[float], str]) -> str:
    """`value` in its `form`; a dash where it is not known."""
    if value is None:
        return _UNKNOWN
    return _NEVER if math.isinf(value) else form(value)


def amount(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 or value == 0 else f"{value:.3g}"


def hours(value: float) -> str:
    if value >= 1:
        return f"{value:.1f} h"
    return f"{value * 60:.0f} min" if value * 60 >= 1 else f"{value * 3600:.0f} s"


def days(value: float) -> str:
    return f"{value:,.0f} days" if value < 3650 else f"{value / 365.25:,.0f} years"
