"""The grammar of an answer that ends with a call: whatever the model samples, it can be parsed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.chat.tools.call import ToolSpec
from assistant.chat.tools.formats import ToolFormat
from assistant.engine.constraint import Grammar

# What a thought may not contain, so that it cannot be taken for a call.
_THOUGHT = r"/[^<{}｜]{0,%d}/"
_MOST_THOUGHT_CHARS = 300
_THOUGHT_SCHEMA = {"type": "string", "maxLength": _MOST_THOUGHT_CHARS}
_SHARE_OF_THOUGHT = 1 / 4
_FRAME_TOKENS = 40
# Texts have more characters than tokens; what is short is held to one a token, as the worst there is.
_TEXT_CHARS_A_TOKEN = 2
# As many items as a list always has room for.
_ITEMS = 5
_AS_PYTHON_WRITES_IT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def call_grammar(specs: Sequence[ToolSpec], format: ToolFormat, *, room: int) -> Grammar:
    """A short thought, then exactly one call of one of these tools, with strings so bounded that it all
    ends within `room` tokens."""
    thought = min(int(room * _SHARE_OF_THOUGHT), _MOST_THOUGHT_CHARS)
    calls = [
        f"{_quoted(spec.name + format.between)} arguments{i} {_quoted(format.after)}"
        for i, spec in enumerate(specs)
    ]
    rules = [
        f"start: THOUGHT {_quoted(format.before)} call",
        "THOUGHT: " + _THOUGHT % thought,
        "call: " + " | ".join(calls),
        *(f"arguments{i}: %json {json.dumps(_bounded(spec, room))}" for i, spec in enumerate(specs)),
    ]
    return Grammar("lark", "\n".join(rules), schema=json.dumps(_call_schema(specs)))


def _call_schema(specs: Sequence[ToolSpec]) -> dict[str, Any]:
    """One JSON object that is a call, its thought inside. All are required: some engines write what is
    optional last, and a thought behind the call is none."""
    return {"anyOf": [_object({"thought": _THOUGHT_SCHEMA, **_call_of(spec)}) for spec in specs]}


def _call_of(spec: ToolSpec) -> dict[str, Any]:
    return {
        "name": {"type": "string", "enum": [spec.name]},
        "arguments": {**spec.schema, "additionalProperties": False},
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def longest_text(spec: ToolSpec, room: int) -> int:
    """Characters that an argument which is a whole text may have where there are `room` tokens. One that
    reaches this was cut off by the grammar."""
    return _share(spec, room) * _TEXT_CHARS_A_TOKEN


def _bounded(spec: ToolSpec, room: int) -> dict[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = spec.schema["properties"]
    share, text = _share(spec, room), longest_text(spec, room)
    return {
        **spec.schema,
        "properties": {
            name: {**schema, "maxLength": text} if name in spec.long else _shortened(schema, share)
            for name, schema in properties.items()
        },
        "additionalProperties": False,
        "x-guidance": _AS_PYTHON_WRITES_IT,
    }


def _shortened(schema: Mapping[str, Any], most: int) -> dict[str, Any]:
    match schema.get("type"):
        case "string" if "enum" not in schema:
            return {**schema, "maxLength": min(schema["maxLength"], most)}
        case "array":
            item = _shortened(schema["items"], max(most // _ITEMS, 8))
            return {**schema, "items": item, "maxItems": min(schema["maxItems"], most // item["maxLength"])}
        case _:
            return dict(schema)


def _share(spec: ToolSpec, room: int) -> int:
    """Tokens for each string of a call."""
    strings = [each for each in spec.schema["properties"].values() if each.get("type") in ("string", "array")]
    left = int(room * (1 - _SHARE_OF_THOUGHT)) - _FRAME_TOKENS
    return max(left // max(len(strings), 1), 8)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
