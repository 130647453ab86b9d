"""Tool calls in the formats that model families write: explained, constrained by a grammar, and parsed."""

from assistant.chat.tools.call import Call, ToolCallError, ToolSpec
from assistant.chat.tools.formats import FORMATS, ToolFormat, ToolFormatName
from assistant.chat.tools.grammar import call_grammar
from assistant.chat.tools.parse import parse_call
from assistant.chat.tools.prompt import example_call, explain_tools

__all__ = [
    "FORMATS",
    "Call",
    "ToolCallError",
    "ToolFormat",
    "ToolFormatName",
    "ToolSpec",
    "call_grammar",
    "example_call",
    "explain_tools",
    "parse_call",
]
