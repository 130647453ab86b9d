"""A stranger's JSON schema becomes one that calls can be held to and checked by, whatever it is."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.agent.mcp.schema import UnusableToolError, reduced
from assistant.chat.tools import FORMATS, ToolFormatName, ToolSpec, call_grammar
from assistant.engine.constraint import Grammars
from assistant.engine.llama import Model

TEXT = {"type": "string", "maxLength": 20_000}
PARTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a pattern, which may take for ever": ({"type": "string", "pattern": "(a+)+$"}, TEXT),
    "a least size": ({"type": "string", "minLength": 2}, {**TEXT, "minLength": 2}),
    "null beside": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, TEXT),
    "two types": ({"type": ["integer", "null"]}, {"type": "integer"}),
    "choices": ({"type": "string", "enum": ["a", "b\n", "c" * 500]}, {"enum": ["a"]}),
    "one choice": ({"const": 3}, {"enum": [3]}),
    "a reference": (
        {"$ref": "#/$defs/Place"},
        {"type": "object", "properties": {"city": TEXT}, "required": [], "additionalProperties": False},
    ),
    "a reference elsewhere": ({"$ref": "https://example.org/schema"}, {}),
    "a reference to itself": ({"$ref": "#/properties/x"}, {}),
    "a list": (
        {"type": "array", "items": {"type": "number"}},
        {"type": "array", "maxItems": 100, "items": {"type": "number"}},
    ),
    "not a schema": ({"type": 7, "minLength": "x"}, {}),
    "sizes that are none": ({"type": "string", "minLength": -1, "maxLength": True}, TEXT),
}  # fmt: skip


@pytest.mark.parametrize("case", PARTS)
def test_what_is_kept_of_a_parameter(case: str) -> None:
    written, kept = PARTS[case]
    definitions = {"Place": {"type": "object", "properties": {"city": {"type": "string"}}}}
    schema = {"type": "object", "properties": {"x": written}, "$defs": definitions}
    assert reduced(schema)["properties"] == {"x": kept}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"x y": {"type": "string"}}, "arguments that cannot be given: x y"),
        ({}, "arguments that cannot be given: x y"),
        ({"x y": {}, "z": {"type": "integer", "minimum": 3, "maximum": 1}}, "cannot be given"),
    ],
)
def test_a_call_that_cannot_be_written(properties: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableToolError, match=reason):
        reduced({"type": "object", "properties": properties, "required": ["x y"]})


def test_references_that_multiply_end(timeout_s: float = 5.0) -> None:
    started = time.monotonic()
    reduced({"type": "object", "properties": {f"p{number}": {"$ref": "#"} for number in range(24)}})
    assert time.monotonic() - started < timeout_s


keys = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "minLength",
        "maxItems",
        "a",
    ]
)
values = st.sampled_from(["object", "string", "array", "integer", "#", "#/properties/a", "a", "é"])
schemas = st.dictionaries(
    keys,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | values,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(schemas)
@example({"properties": {"$ref": None}})
def test_anything_is_reduced_or_refused(schema: dict[str, Any]) -> None:
    try:
        once = reduced(schema)
    except UnusableToolError:
        return
    assert reduced(once) == once


ISSUE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "kind": {"enum": ["bug", "wish", 3]},
        "labels": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "properties": {"path": {"type": "string"}, "line": {"type": "integer"}}},
        "extra": {},
    },
    "required": ["title"],
}
CALLS: list[dict[str, Any]] = [
    {"title": "é"},
    {"title": "x", "kind": 3, "labels": ["a", "b"], "place": {"path": "a.py", "line": 3}},
    {"title": "x", "kind": "bug", "extra": {"any": [1, None]}},
]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_calls_are_held_to_it_in_each_format(smollm2_shipped: Model, format: ToolFormatName) -> None:
    grammar = call_grammar([ToolSpec("tracker.new", "", reduced(ISSUE))], FORMATS[format], room=400)
    grammars = Grammars(smollm2_shipped)
    wrong: list[dict[str, Any]] = [{}, {"title": 3}, {"title": "x", "kind": "no"}, {"title": "x", "sudo": 1}]
    for arguments in (*CALLS, *wrong):
        tokens = smollm2_shipped.tokenize(FORMATS[format].call("tracker.new", arguments), special=False)
        allowed = grammars.constraint(grammar).allowed(tokens)
        assert (allowed == len(tokens)) == (arguments in CALLS), arguments
