"""The prompt with the suggestions above it."""

from textual.app import ComposeResult
from textual.containers import Vertical

from assistant.repo.workspace import Workspace
from assistant.tui.prompt.history import History
from assistant.tui.prompt.names import MentionableNames
from assistant.tui.prompt.prompt import Prompt
from assistant.tui.prompt.suggestions import Suggestions


class PromptBox(Vertical):
    DEFAULT_CSS = """
    PromptBox {
        height: auto;
        align-horizontal: center;
        & > * { max-width: 124; }
    }
    """

    def __init__(self, workspace: Workspace, folder: str) -> None:
        super().__init__()
        self._names = MentionableNames(workspace)
        self._suggestions = Suggestions(self._names)
        self._prompt = Prompt(folder, history=History.of(workspace.root), suggestions=self._suggestions)

    def compose(self) -> ComposeResult:
        yield self._suggestions
        yield self._prompt

    def on_unmount(self) -> None:
        self._names.close()
