"""DSML, in which DeepSeek writes its calls from V3.2 on: one parameter a line, a text as it stands and
every other value as JSON.

    <｜DSML｜invoke name="read">
    <｜DSML｜parameter name="path" string="true">a.py</｜DSML｜parameter>
    <｜DSML｜parameter name="first" string="false">3</｜DSML｜parameter>
    </｜DSML｜invoke>

As in the encoders that deepseek-ai publishes with the weights (`encoding/encoding_dsv32.py`,
`encoding/encoding_dsv4.py`) and in vLLM's parser of them. They escape nothing, so that a text with the
closing mark in it cannot be written. SGLang also reads JSON in the place of the parameters; the encoders
do not write that, and it is not read here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from assistant.chat.tools.call import Call, ToolCallError

BEGINS = "<｜DSML｜invoke"
CLOSE = "</｜DSML｜parameter>"
_INVOKE = re.compile(BEGINS + r'\s+name="([\w.-]{1,64})"\s*>')
_PARAMETER = re.compile(r'\s*<｜DSML｜parameter\s+name="([^"\n]{1,200})"\s+string="(true|false)"\s*>')
_END = re.compile(r"\s*</｜DSML｜invoke>")


def opening(name: str, *, text: bool) -> str:
    """What stands before the value of a parameter."""
    return f'\n<｜DSML｜parameter name="{name}" string="{str(text).lower()}">'


def written(arguments: Mapping[str, Any]) -> str:
    """The parameters as a model writes them."""
    lines = (
        opening(name, text=isinstance(value, str))
        + (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        + CLOSE
        for name, value in arguments.items()
    )
    return "".join(lines) or "\n"


def read(text: str, at: int) -> tuple[Call, int]:
    """The call that begins `at`, and where it ends. Raises ToolCallError for one that is not whole."""
    invoke = _INVOKE.match(text, at)
    if invoke is None:
        raise _broken("its name is missing")
    arguments: dict[str, Any] = {}
    at = invoke.end()
    while parameter := _PARAMETER.match(text, at):
        name, is_text = parameter[1], parameter[2] == "true"
        end = text.find(CLOSE, parameter.end())
        if end < 0:
            raise _broken(f"the parameter {name} is not closed")
        if name in arguments:
            raise _broken(f"the parameter {name} is given twice")
        value = text[parameter.end() : end]
        arguments[name] = value if is_text else _decoded(name, value)
        at = end + len(CLOSE)
    closed = _END.match(text, at)
    if closed is None:
        raise _broken("it is not closed")
    return Call(invoke[1], arguments), closed.end()


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise _broken(f'the parameter {name} is no valid JSON; a text needs string="true"') from error


def _broken(reason: str) -> ToolCallError:
    return ToolCallError(f"The call is no valid DSML ({reason}); it was not made.")
