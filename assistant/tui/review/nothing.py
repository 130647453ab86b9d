"""Shown where there is no diff."""

from textual.content import Content
from textual.widgets import Static

from assistant.repo.diff import Diff
from assistant.tui.theme import FAINT


class Nothing(Static):
    """Says that there is nothing to review, and where there may be something."""

    DEFAULT_CSS = """
    Nothing { height: auto; padding: 1 2; display: none; }
    """

    def show(self, diff: Diff | None) -> None:
        """None where it is not known yet whether there is one."""
        self.display = diff is not None and not diff.files
        if diff is None:
            return
        what = "Nothing is staged." if diff.staged else "The working tree has no changes that are not staged."
        other = "Tab shows what is not staged." if diff.staged else "Tab shows what is staged, C commits it."
        self.update(Content.assemble(what, (f"\n{other}", FAINT)))
