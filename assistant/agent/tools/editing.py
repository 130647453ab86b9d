"""Which tools a model changes files with, by the format that it gets right."""

from typing import Any

from assistant.agent.tools.edit import Edit, WriteFile
from assistant.agent.tools.patch import Patch
from assistant.agent.tools.tool import Tool
from assistant.catalog.edit_format import EditFormat

_TOOLS: dict[EditFormat, tuple[Tool[Any], ...]] = {
    "tool-call": (Edit(), WriteFile()),
    # An answer may be too short for the whole of a file.
    "whole": (
        WriteFile("write a file, new or changed, from its first line to its last"),
        Edit("replace the lines `old` of a long file, exactly as they are there, by `new`"),
    ),
    "search-replace": (
        Patch(
            "change files: the path, then <<<<<<< SEARCH, the lines as they are, =======, the lines as they "
            "shall be, >>>>>>> REPLACE"
        ),
        WriteFile(),
    ),
    "udiff": (Patch("change files by a unified diff: --- a/PATH, +++ b/PATH, @@, the lines"), WriteFile()),
    "patch": (
        Patch("change files: *** Begin Patch, *** Update File: PATH, @@, the lines, *** End Patch"),
        WriteFile(),
    ),
}


def editing_tools(written: EditFormat) -> tuple[Tool[Any], ...]:
    """The preferred one first."""
    return _TOOLS[written]
