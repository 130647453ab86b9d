"""What APIs charge: the dated table that ships with coder, and the user's own lines over it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.bench.cost.money import CODE
from assistant.catalog.locations import config_folder
from assistant.errors import UsageError

# Of a million tokens, in any currency: more is a slip of the pen.
_Price = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    currency: Annotated[str, Field(pattern=CODE)]
    input: _Price
    cached_input: _Price | None = None
    output: _Price
    seen: date
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ApiPrice:
    """In `currency` for a million tokens, as `source` had it when it was `seen`."""

    name: str
    provider: str
    currency: str
    input: float
    output: float
    seen: date
    source: str
    cached_input: float | None = None
    note: str = ""


def prices_file() -> Path:
    """Where the user's own prices are."""
    return config_folder() / "prices.toml"


def shipped_prices() -> str:
    """The table that ships with coder, as text."""
    return (files("assistant.bench.cost") / "prices.toml").read_text("utf-8")


def load_prices(own: Path) -> list[ApiPrice]:
    """All lines in order, the user's in the file `own` last; one replaces what is shipped under its name.
    Raises UsageError for a file with mistakes."""
    prices = _parsed(shipped_prices(), "the shipped prices")
    try:
        if own.exists():
            prices |= _parsed(own.read_text("utf-8-sig"), str(own))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The prices in {own} cannot be read: {error}.") from error
    return list(prices.values())


def named(prices: Sequence[ApiPrice], names: Sequence[str]) -> list[ApiPrice]:
    """Those called `names`, all where there are none. Raises UsageError for one that is not there."""
    known = {price.name: price for price in prices}
    for name in names:
        if name not in known:
            raise UsageError(f"No price of {name!r} is known.", hint=f"There are: {', '.join(known)}.")
    return [known[name] for name in names] or list(prices)


def _parsed(text: str, place: str) -> dict[str, ApiPrice]:
    try:
        lines = TypeAdapter(dict[str, _Line]).validate_python(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{place}: {where}: {first['msg']}.", hint="coder cost --prices shows lines that are right."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place} is no TOML: {error}.") from error
    return {name: ApiPrice(name, **dict(line)) for name, line in lines.items()}
