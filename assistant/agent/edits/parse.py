"""From a model's text to edits, whichever of the formats it is in."""

from collections.abc import Callable, Sequence
from typing import get_args

from assistant.agent.edits.apply_patch import is_apply_patch, parse_apply_patch
from assistant.agent.edits.edit import EditError, FileEdit
from assistant.agent.edits.search_replace import is_search_replace, parse_search_replace
from assistant.agent.edits.tool_call import is_tool_call, parse_tool_call
from assistant.agent.edits.unified_diff import is_unified_diff, parse_unified_diff
from assistant.agent.edits.whole_file import parse_whole_file
from assistant.catalog.edit_format import EditFormat
from assistant.chat.generator import FinishReason

EDIT_FORMATS: tuple[EditFormat, ...] = get_args(EditFormat)

_PARSERS: dict[EditFormat, Callable[[str, Sequence[str]], list[FileEdit]]] = {
    "patch": parse_apply_patch,
    "search-replace": parse_search_replace,
    "udiff": parse_unified_diff,
    "tool-call": parse_tool_call,
    "whole": parse_whole_file,
}


def parse(
    text: str, *, known_paths: Sequence[str], format: EditFormat | None = None, finish: FinishReason = "stop"
) -> list[FileEdit]:
    """The edits in a model's text, in order; a format that is not given is recognised by its marks.

    `known_paths` are relative to the root, with slashes: the files that names may mean, and if it is only
    one, that of an edit which names none. Raises EditError, also where the text did not `finish`: what
    looks complete in it may be a half."""
    if finish != "stop":
        raise EditError("The answer was cut off before it ended.", hint="Change less in one answer.")
    text = text.replace("\r\n", "\n")
    return _PARSERS[format or format_of(text)](text, known_paths)


def format_of(text: str) -> EditFormat:
    """The format whose marks are in the text; whole files have none."""
    if is_apply_patch(text):
        return "patch"
    if is_search_replace(text):
        return "search-replace"
    if is_unified_diff(text):
        return "udiff"
    return "tool-call" if is_tool_call(text) else "whole"
