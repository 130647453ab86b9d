"""Edits in the formats that models write, understood, placed and made: `parse`, `plan`, `apply`."""

from assistant.agent.edits.apply import apply
from assistant.agent.edits.edit import Delete, EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.parse import EDIT_FORMATS, format_of, parse
from assistant.agent.edits.plan import PlannedChange, plan
from assistant.agent.edits.tool_call import replace_text
from assistant.catalog.edit_format import EditFormat

__all__ = [
    "EDIT_FORMATS", "Delete", "EditError", "EditFormat", "FileEdit", "PlannedChange", "Replacement", "Update",
    "Write", "apply", "format_of", "parse", "plan", "replace_text",
]  # fmt: skip
