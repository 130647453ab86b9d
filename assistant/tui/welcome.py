"""What an empty conversation shows: where one is, and how to begin."""

from textual.content import Content
from textual.widgets import Static

from assistant.visible import visible

_KEYS = (
    ("@path", "adds a file to the question"),
    ("/", "offers commands · ! runs one of the shell"),
    ("Enter", "sends · Ctrl+J makes a new line"),
    ("⇧Tab", "switches the mode: ask, auto-edit, full, read-only, plan"),
    ("Esc", "cancels"),
    ("F1", "shows all keys"),
)
_EXAMPLES = ("Fix the bug in @path/to/file.py", "What does @path/to/file.py do?")


class Welcome(Static):
    DEFAULT_CSS = """
    Welcome { height: auto; margin: 1 1; color: $text-muted; }
    """

    def __init__(self, folder: str, is_git: bool) -> None:
        parts: list[str | tuple[str, str]] = [
            ("coder", "$text-primary bold"),
            (f"  in {visible(folder)}\n", "$foreground"),
            "A local model in this terminal. It writes nothing before you agree.\n",
        ]
        if not is_git:
            parts.append(
                ("No git repository here: what changes is backed up, not versioned.\n", "$text-warning")
            )
        parts.append("\n")
        for key, does in _KEYS:
            parts += [(f"{key:<7}", "$text-accent"), f"{does}\n"]
        parts.append("\n")
        parts += [(f"› {example}\n", "$foreground") for example in _EXAMPLES]
        super().__init__(Content.assemble(*parts))
