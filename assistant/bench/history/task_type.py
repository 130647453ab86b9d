"""The rule that says what kind of task an answer was."""

from assistant.chat.generator import ReplyOptions
from assistant.chat.tools import ToolCallError, parse_call

_TOOL_TASKS = {
    "edit": "edit",
    "write": "edit",
    "patch": "edit",
    "run": "command",
    "read": "read",
    "list": "read",
    "find": "read",
    "grep": "read",
    "git": "read",
    "ask": "answer",
    "done": "answer",
    "todo": "plan",
}
_FENCE = "```"
_MOSTLY = 0.5


def task_of(options: ReplyOptions, text: str) -> str:
    """The kind of task that the answer `text` was, which decides what speculation can gain.

    The tool that it calls says so: `edit`, `read`, `command`, `plan`, `answer`, and `tool` for any other
    or a broken call. Without a call: `rewrite` for code where the request named sources to follow, `code`
    where more than half of the text is fenced as such, else `explanation`."""
    try:
        if call := parse_call(text, _TOOL_TASKS):
            return _TOOL_TASKS[call.name]
    except ToolCallError:
        return "tool"
    share = _fenced_share(text)
    if share and options.sources:
        return "rewrite"
    return "code" if share > _MOSTLY else "explanation"


def _fenced_share(text: str) -> float:
    """The share of `text` that lies in fenced blocks, also in one that is not closed."""
    inside, fenced = False, 0
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(_FENCE):
            inside = not inside
        elif inside:
            fenced += len(line)
    return fenced / len(text) if text else 0.0
