"""From a model's answer to the one call in it, also where no grammar held the model to its format.

Tolerant of what is around a call and of the other families' marks, but it never guesses: JSON that is
broken is not mended, and of two calls neither is chosen.
"""

import json
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from assistant.chat.tools import dsml
from assistant.chat.tools.call import Call, ToolCallError

_BEGINS = re.compile(r'\{(?=\s*["}])|(?<=[>n\s])\{|' + dsml.BEGINS)
_CALL_BEGINS = re.compile(r'\{\s*"(?:name|tool|function|arguments|parameters)"\s*:')
_OBJECT_BEGINS = re.compile(r'\{\s*["}]')
_DEEPSEEK_NAME = re.compile(
    r"(?:function<｜tool▁sep｜>|<｜tool▁call▁begin｜>)([\w.-]{1,64})(?:<｜tool▁sep｜>|\s*```json)\s*$"
)
_BEFORE_ARGUMENTS = ("<｜tool▁sep｜>", "```json")
_NAMES = ("name", "tool", "function")
_ARGUMENTS = ("arguments", "parameters", "args")
# Each is read up to where it breaks: without a bound, a long answer of them takes hours.
_MOST_BROKEN = 1_000
_JSON = json.JSONDecoder(strict=False)  # models write line breaks inside of strings


def parse_call(answer: str, names: Collection[str]) -> Call | None:
    """The call in `answer` of one of the tools `names`, None where there is none at all. Raises
    ToolCallError for one that is broken, unknown, or not the only one."""
    calls = list(_calls(answer))
    if not calls:
        return None
    if any(call != calls[0] for call in calls):
        raise ToolCallError(f"There are {len(calls)} calls in one answer; none was made. Make one at a time.")
    call = calls[0]
    if call.name not in names:
        close = get_close_matches(call.name, names, n=1)
        raise ToolCallError(
            f"There is no tool {call.name[:80]!r}."
            + (f" Did you mean {close[0]}?" if close else f" There are: {', '.join(names)}.")
        )
    return call


def _calls(answer: str) -> Iterator[Call]:
    """From left to right, so that what a call holds is not read as another one."""
    at, broken = 0, 0
    while begun := _BEGINS.search(answer, at):
        if begun[0] == "{":
            at = begun.start()
            if not _OBJECT_BEGINS.match(answer, at) and not _name_before(answer, at):
                at += 1
                continue
            call, at = _of_json(answer, at)
            broken += at == begun.end()
            if broken > _MOST_BROKEN:
                raise ToolCallError(f"More than {_MOST_BROKEN:,} JSON objects in the answer are broken.")
        else:
            call, at = dsml.read(answer, begun.start())
        if call:
            yield call


def _name_before(answer: str, at: int) -> re.Match[str] | None:
    """The name of the call whose arguments begin there, as DeepSeek writes it."""
    before = answer[max(0, at - 120) : at].rstrip()
    return _DEEPSEEK_NAME.search(before) if before.endswith(_BEFORE_ARGUMENTS) else None


def _of_json(answer: str, at: int) -> tuple[Call | None, int]:
    """What the brace `at` begins, and where to go on."""
    named = _name_before(answer, at)
    try:
        value, end = _JSON.raw_decode(answer, at)
    except (ValueError, RecursionError) as error:
        if named or _CALL_BEGINS.match(answer, at):
            reason = getattr(error, "msg", "too deep")
            raise ToolCallError(f"The call is no valid JSON ({reason}); it was not made.") from error
        return None, at + 1
    return Call(named[1], value) if named else _of_object(value), end


def _of_object(value: dict[str, Any]) -> Call | None:
    if isinstance(inner := value.get("function"), dict):  # as in OpenAI's interface
        value = inner
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    arguments = next((value[key] for key in _ARGUMENTS if key in value), None)
    if isinstance(arguments, str):
        try:
            arguments = _JSON.decode(arguments)
        except (ValueError, RecursionError):
            arguments = None
    if name is None or not isinstance(arguments, dict):
        return None
    return Call(name, arguments)
