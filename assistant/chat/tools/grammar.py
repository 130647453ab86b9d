"""The grammar of an answer that ends with a call: whatever the model samples, it can be parsed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.chat.tools.call import ToolSpec
from assistant.chat.tools.formats import ToolFormat
from assistant.engine.constraint import Grammar

# What a thought may not contain, so that it cannot be taken for a call.
_THOUGHT = r"/[^<{{}}｜]{{0,{longest}}}/"
# What frames and short arguments leave of the characters there is room for.
_PER_TOKEN = 2


def call_grammar(
    specs: Sequence[ToolSpec], format: ToolFormat, *, room: int, thought_chars: int = 300
) -> Grammar:
    """A thought of at most `thought_chars`, then exactly one call of one of these tools.

    Whole texts are bounded so that the call ends within `room` tokens where a token has two characters at
    least; see `longest_text`."""
    thought = "THOUGHT " if thought_chars else ""
    rules = [f"start: {thought}{_quoted(format.before)} call"]
    if thought_chars:
        rules.append("THOUGHT: " + _THOUGHT.format(longest=thought_chars))
    heads = (_quoted(spec.name + format.between) for spec in specs)
    calls = [f"{head} arguments{i} {_quoted(format.after)}" for i, head in enumerate(heads)]
    rules.append("call: " + " | ".join(calls))
    for i, spec in enumerate(specs):
        schema = json.dumps(_bounded(spec, longest_text(room)))
        rules.append(f"arguments{i}: %json {schema}")
    return Grammar("lark", "\n".join(rules))


def longest_text(room: int) -> int:
    """Characters that an argument which is a whole text may have where there are `room` tokens. One that
    reaches this was cut off by the grammar."""
    return max(room - 100, 50) * _PER_TOKEN


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _bounded(spec: ToolSpec, longest: int) -> dict[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = spec.schema["properties"]
    share = longest // max(len(spec.long), 1)
    return {
        **spec.schema,
        "properties": {
            name: {**schema, "maxLength": share} if name in spec.long else dict(schema)
            for name, schema in properties.items()
        },
        "additionalProperties": False,
    }
