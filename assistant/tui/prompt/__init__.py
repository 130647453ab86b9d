"""Where the user writes, with what helps to write: history, completion, commands, an editor."""

from assistant.tui.prompt.box import PromptBox
from assistant.tui.prompt.prompt import Prompt

__all__ = ["Prompt", "PromptBox"]
