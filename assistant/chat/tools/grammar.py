"""The grammar of an answer that ends with a call: whatever the model samples, it can be parsed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.chat.tools import dsml
from assistant.chat.tools.call import ToolSpec
from assistant.chat.tools.formats import ToolFormat
from assistant.engine.constraint import Grammar

# What a thought may not contain, so that it cannot be taken for a call.
_THOUGHT = r"/[^<{}｜]{0,%d}/"
_MOST_THOUGHT_CHARS = 300
_THOUGHT_SCHEMA = {"type": "string", "maxLength": _MOST_THOUGHT_CHARS}
_SHARE_OF_THOUGHT = 1 / 4
_FRAME_TOKENS = 40
_DSML_PARAMETER_TOKENS = 16
# Texts have more characters than tokens; what is short is held to one a token, as the worst there is.
_TEXT_CHARS_A_TOKEN = 2
# As many items as a list always has room for.
_ITEMS = 5
_SHORTEST_TEXT = 8
# A pattern that says no more than which characters a text has.
_CHARACTERS = re.compile(r"\^(\[[^\]/]+\])\*\$")
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
        *(rule for i, spec in enumerate(specs) for rule in _arguments(f"arguments{i}", spec, format, room)),
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


def longest_text(spec: ToolSpec, format: ToolFormat, *, room: int) -> int:
    """Characters that an argument which is a whole text may have where there are `room` tokens. One that
    reaches this was cut off by the grammar."""
    return _share(spec, format, room) * _TEXT_CHARS_A_TOKEN


def _arguments(rule: str, spec: ToolSpec, format: ToolFormat, room: int) -> Iterator[str]:
    """The rules of a call's arguments; the first is called `rule`."""
    schema = _bounded(spec, format, room)
    if format.arguments == "json":
        yield f"{rule}: %json {json.dumps({**schema, 'x-guidance': _AS_PYTHON_WRITES_IT})}"
        return
    required = schema.get("required", ())
    parameters = list(schema["properties"].items())
    names = [f"{rule}_{i}" for i in range(len(parameters))]
    marks = ["" if name in required else "?" for name, _ in parameters]
    sequence = " ".join(f"{name}{mark}" for name, mark in zip(names, marks, strict=True))
    yield f"{rule}: " + " | ".join(filter(None, (sequence, "" if required else r'"\n"')))
    share = _share(spec, format, room)
    for parameter_rule, (name, parameter) in zip(names, parameters, strict=True):
        yield from _parameter(parameter_rule, name, parameter, share)


def _parameter(rule: str, name: str, schema: Mapping[str, Any], share: int) -> Iterator[str]:
    """The rules of one parameter in DSML: a text stands there as it is, all else as JSON."""
    close, ways = _quoted(dsml.CLOSE), []
    for i, text in enumerate(_as_text(schema)):
        ways.append(f"{_quoted(dsml.opening(name, text=True))} {rule}_text{i}")
        if "enum" in text:
            yield f"{rule}_text{i}: ({' | '.join(map(_quoted, text['enum']))}) {close}"
        else:  # It ends where the mark first stands: with a least length the mark could be part of it.
            allowed = _CHARACTERS.fullmatch(text.get("pattern", ""))
            most = text.get("maxLength", share)
            yield f"{rule}_text{i}[suffix={close}]: /(?s:{allowed[1] if allowed else '.'}{{0,{most}}})/"
    if (value := _as_json(schema)) is not None:
        ways.append(f"{_quoted(dsml.opening(name, text=False))} {rule}_json {close}")
        yield f"{rule}_json: %json {json.dumps({**value, 'x-guidance': _AS_PYTHON_WRITES_IT})}"
    yield f"{rule}: {' | '.join(ways)}"


def _as_text(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The texts that a value may be."""
    match schema:
        case {"enum": list(choices)}:
            texts = [each for each in choices if isinstance(each, str)]
            return [{"enum": texts}] if texts else []
        case {"anyOf": list(alternatives)}:
            return [text for each in alternatives for text in _as_text(each)]
    return [schema] if schema.get("type", "string") == "string" else []


def _as_json(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a value may be that is no text."""
    match schema:
        case {"enum": list(choices)}:
            others = [each for each in choices if not isinstance(each, str)]
            return {"enum": others} if others else None
        case {"anyOf": list(alternatives)}:
            found = [value for each in alternatives if (value := _as_json(each)) is not None]
            return {"anyOf": found} if found else None
    return None if schema.get("type") == "string" else dict(schema)


def _bounded(spec: ToolSpec, format: ToolFormat, room: int) -> dict[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = spec.schema["properties"]
    share, text = _share(spec, format, room), longest_text(spec, format, room=room)
    return {
        **spec.schema,
        "properties": {
            name: {**schema, "maxLength": text} if name in spec.long else _shortened(schema, share)
            for name, schema in properties.items()
        },
        "additionalProperties": False,
    }


def _shortened(schema: Mapping[str, Any], most: int) -> dict[str, Any]:
    """The schema with no text in it longer than `most` characters, and no longer list of them."""
    match schema:
        case {"enum": _}:
            return dict(schema)
        case {"type": "string"}:
            longest = min(schema.get("maxLength", most), most)
            return {**schema, "maxLength": longest, **_at_most("minLength", schema, longest)}
        case {"type": "array"}:
            size = max(most // _ITEMS, _SHORTEST_TEXT)
            item = _shortened(schema.get("items", {}), size)
            longest = min(schema.get("maxItems", most), most // item.get("maxLength", size))
            return {**schema, "items": item, "maxItems": longest, **_at_most("minItems", schema, longest)}
        case {"properties": dict(properties)}:
            return {
                **schema,
                "properties": {name: _shortened(each, most) for name, each in properties.items()},
            }
        case {"anyOf": list(alternatives)}:
            return {**schema, "anyOf": [_shortened(each, most) for each in alternatives]}
    return dict(schema)


def _at_most(key: str, schema: Mapping[str, Any], most: int) -> dict[str, int]:
    return {key: min(schema[key], most)} if key in schema else {}


def _texts(schema: Mapping[str, Any]) -> int:
    """How many texts, or lists, a value may hold side by side."""
    match schema:
        case {"type": "string" | "array"}:
            return 1
        case {"properties": dict(properties)}:
            return sum(map(_texts, properties.values()))
        case {"anyOf": list(alternatives)}:
            return max(map(_texts, alternatives), default=0)
    return 0


def _share(spec: ToolSpec, format: ToolFormat, room: int) -> int:
    """Tokens for each text of a call."""
    parameters = len(spec.schema["properties"])
    frame = _FRAME_TOKENS + (parameters * _DSML_PARAMETER_TOKENS if format.arguments == "dsml" else 0)
    left = int(room * (1 - _SHARE_OF_THOUGHT)) - frame
    return max(left // max(_texts(spec.schema), 1), _SHORTEST_TEXT)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
