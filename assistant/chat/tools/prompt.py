"""What a model is told about its tools: short, since small models read little and forget it soon."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.chat.tools.call import ToolSpec
from assistant.chat.tools.formats import ToolFormat

_SHOWN_CHOICES = 12


def explain_tools(specs: Sequence[ToolSpec], format: ToolFormat) -> str:
    """One line a tool with its arguments, and how a call of the first is written."""
    lines = [f"- {spec.name}({_signature(spec)}): {spec.about}" for spec in specs]
    return "\n".join(["Tools:", *lines, example_call(specs, format)])


def example_call(specs: Sequence[ToolSpec], format: ToolFormat) -> str:
    """How a call of the first tool is written."""
    example = format.call(specs[0].name, specs[0].example)
    return f"A call is written like this, with nothing behind it:\n{example}"


def _signature(spec: ToolSpec) -> str:
    required = spec.schema.get("required", ())
    properties: Mapping[str, Mapping[str, Any]] = spec.schema["properties"]
    return ", ".join(_argument(name, schema, name in required) for name, schema in properties.items())


def _argument(name: str, schema: Mapping[str, Any], required: bool) -> str:
    return f"{name}{'' if required else '?'}{_kind(schema)}"


def _kind(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"enum": list(choices)}:
            return ": " + "|".join(map(str, choices[:_SHOWN_CHOICES]))
        case {"type": "array"}:
            return "[]"
        case {"type": "integer" | "number"}:
            return " number"
        case {"type": "boolean"}:
            return " yes/no"
        case {"type": "object"}:
            return f" {{{', '.join(schema.get('properties', ()))}}}"
    return ""
