"""The formats in which models write changes of files."""

from typing import Literal

EditFormat = Literal["patch", "search-replace", "udiff", "tool-call", "whole"]
"""`patch` is that of OpenAI's Codex, `tool-call` an old and a new text as arguments of a call."""
