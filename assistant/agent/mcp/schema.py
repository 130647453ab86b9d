"""The JSON schema of a tool that a stranger wrote, reduced to what a grammar is made of and what can be
checked in bounded time: no references, no patterns, nothing endless.

What is left allows no less than what was written, but for lengths: the server checks the rest.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from assistant.engine.constraint import Grammar, fault_of

_DEEPEST = 6
_MOST_PARTS = 400
_MOST_PROPERTIES = 24
_MOST_CHOICES = 64
_MOST_ITEMS = 100
_LONGEST_TEXT = 20_000
_LONGEST_CHOICE = 200
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SIZES = ("minLength", "maxLength", "minItems", "maxItems")
_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "array": ("minItems", "maxItems"),
    "boolean": (),
    "null": (),
}


class UnusableToolError(ValueError):
    """No call of a tool can be written; the message says why."""


def reduced(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments: an object with `properties`. Raises UnusableToolError."""
    whole = {"properties": {}, "required": [], **_Reduction(schema).whole(schema, 0)}
    lost = set(map(str, _list(schema.get("required")))) - set(whole["properties"])
    if lost:
        raise UnusableToolError(f"it needs arguments that cannot be given: {', '.join(sorted(lost))[:80]}")
    if fault := fault_of(Grammar.json_schema(whole)):
        raise UnusableToolError(f"no call can be written by its schema: {fault[:200]}")
    return whole


class _Reduction:
    """Reduces the parts of `root`, at most so many of them: references may multiply without end."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST_PARTS

    def whole(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        written = schema.get("properties")
        required = [name for name in _list(schema.get("required")) if isinstance(name, str)]
        known = filter(_is_name, written) if isinstance(written, Mapping) else ()
        names = sorted(known, key=lambda name: name not in required)[:_MOST_PROPERTIES]
        if not isinstance(written, Mapping) or not names:
            return {"type": "object"}
        properties = {name: self._part(written[name], depth + 1) for name in names}
        for name in set(names).difference(required):  # what may be left out need not be null
            properties[name] = _without_null(properties[name])
        return {
            "type": "object",
            "properties": properties,
            "required": [name for name in required if name in properties],
            "additionalProperties": False,
        }

    def _part(self, schema: object, depth: int) -> dict[str, Any]:
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return {}  # anything
        if "$ref" in schema:
            return self._part(self._referred(schema["$ref"]), depth + 1)
        if "const" in schema or "enum" in schema:
            return _choices(schema)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self._alternatives(_list(schema[key]), depth)
        match schema.get("type"):
            case list(kinds):
                return self._alternatives([{**schema, "type": kind} for kind in kinds], depth)
            case "object":
                return self.whole(schema, depth)
            case "array":
                return {**_plain("array", schema), "items": self._part(schema.get("items"), depth + 1)}
            case str(kind) if kind in _BOUNDS:
                return _plain(kind, schema)
        return {}

    def _alternatives(self, written: Iterable[object], depth: int) -> dict[str, Any]:
        found = [self._part(each, depth + 1) for each in list(written)[:_MOST_CHOICES]]
        return found[0] if len(found) == 1 else {"anyOf": found} if found else {}

    def _referred(self, reference: object) -> object:
        """What a reference within the schema means; never one elsewhere."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        found: object = self._root
        for part in filter(None, reference[1:].split("/")):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


def _plain(kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {key: schema[key] for key in _BOUNDS[kind] if _is_bound(key, schema.get(key))}
    longest = {"string": ("maxLength", _LONGEST_TEXT), "array": ("maxItems", _MOST_ITEMS)}
    if kind in longest:
        key, most = longest[kind]
        bounds[key] = min(bounds.get(key, most), most)
    return {"type": kind, **bounds}


def _choices(schema: Mapping[str, Any]) -> dict[str, Any]:
    values = [schema["const"]] if "const" in schema else _list(schema["enum"])
    kept = [value for value in values if _is_choice(value)][:_MOST_CHOICES]
    return {"enum": kept} if kept else {}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kept = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return kept[0] if len(kept) == 1 else {"anyOf": kept} if kept else schema


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(_NAME.fullmatch(name))


def _is_bound(key: str, value: object) -> bool:
    if key in _SIZES:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_choice(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_CHOICE and value.isprintable()
    return value is None or (isinstance(value, int | float) and math.isfinite(value))
