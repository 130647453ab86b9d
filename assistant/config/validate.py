"""Settings from what a file, a variable or an option says; what is wrong is told with its key and place."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from assistant.config.document import is_deep
from assistant.config.settings import SINGLE_KEYS, TABLES, Settings
from assistant.errors import UsageError

_NEAR = 0.6
_WORDS = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
Place = Callable[[tuple[str, ...]], str]


def validated(values: Mapping[str, Any], place: Place) -> Settings:
    """Raises UsageError for the first thing that is wrong; `place` tells where a key stands."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explained(error, place) from error


def parsed(key: str, text: str, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """`values` with `text`, as a person writes it, under the dotted `key`: a word, a TOML value, on or off.
    Raises UsageError when the key takes none of these."""
    failure: UsageError | None = None
    for value in _readings(text):
        candidate = with_entry(values, key, value)
        try:
            validated(candidate, place)
        except UsageError as error:
            failure = error
        else:
            return candidate
    assert failure
    raise failure


def with_entry(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of `values` with `value` under the dotted `key`."""
    first, _, rest = key.partition(".")
    inner = values.get(first)
    below = inner if isinstance(inner, Mapping) else {}
    return {**values, first: with_entry(below, rest, value) if rest else value}


def entries(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What one layer can override of another: single keys, and whole servers and profiles."""
    for key, value in values.items():
        if key in TABLES and isinstance(value, Mapping):
            yield from ((f"{key}.{name}", each) for name, each in value.items())
        else:
            yield key, value


def require_known(key: str) -> None:
    """Raises UsageError for a key that no setting has."""
    first, *rest = key.split(".")
    table = TABLES.get(first)
    if not rest and first in Settings.model_fields:
        return
    if table and rest and (first != "app" or rest[0] in table.model_fields):
        return
    raise _unknown(tuple(key.split(".")), "")


def _readings(text: str) -> Iterator[Any]:
    if text.lower() in _WORDS:
        yield _WORDS[text.lower()]
    yield text
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return
    if not is_deep(value):
        yield value


def _explained(error: ValidationError, place: Place) -> UsageError:
    first = error.errors()[0]
    keys = tuple(str(key) for key in first["loc"] if key != "[key]")
    where = f"{where}: " if (where := place(keys)) else ""
    if first["type"] == "extra_forbidden":
        return _unknown(keys, where)
    said = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    given = f", not {_short(first['input'])}" if first["type"] not in ("missing", "value_error") else ""
    return UsageError(f"{where}{'.'.join(keys)} is wrong: {said}{given}.")


def _unknown(keys: tuple[str, ...], where: str) -> UsageError:
    table = TABLES.get(keys[0]) if len(keys) > 1 else None
    names = table.model_fields if table else dict.fromkeys([*Settings.model_fields, *SINGLE_KEYS])
    choices = {name: name.rpartition(".")[2] for name in names}
    near = process.extractOne(
        keys[-1], choices, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_NEAR
    )
    return UsageError(
        f"{where}There is no setting {'.'.join(keys)!r}.",
        hint=f"Did you mean {near[2]}?" if near else f"There are: {', '.join(choices)}.",
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
