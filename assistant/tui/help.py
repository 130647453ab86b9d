"""All keys, and what else one can write."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from assistant.tui.prompt.commands import COMMANDS

Section: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and under it keys with what they do."""


def conversation_help(key: Callable[[str], str]) -> tuple[Section, ...]:
    """`key` says which key an action has."""
    return (
        (
            "Writing",
            (
                ("Enter", "send"),
                ("Ctrl+J, Shift+Enter", "new line"),
                ("@", "add a file or a definition; Tab completes"),
                ("!command", "run it; the next question has its output"),
                ("Ctrl+G", "write in $EDITOR"),
                ("↑ ↓", "earlier questions, at the first and last line"),
                ("Esc", "cancel the answer, or take back what is queued"),
            ),
        ),
        ("Commands", tuple((f"/{each.name} {each.takes}".strip(), each.about) for each in COMMANDS)),
        (
            "The conversation",
            (
                (f"{key('older')} {key('newer')}", "go to a message"),
                ("c, b", "copy it, or its code, block by block"),
                ("r, e", "ask the question again, or write it anew"),
                ("Enter, t", "open a call of a tool, or the thoughts"),
                ("u, /undo", "take back what a turn, or the last, changed"),
                (f"{key('find')}, n, N", "find, the next older, the next newer"),
                ("PgUp PgDn", "scroll"),
                (key("new"), "new conversation"),
            ),
        ),
        (
            "What is asked first",
            (
                ("y", "yes, this once; files can be taken back"),
                ("a", "always: what that means is said beside it"),
                ("n", "no; what you write then is told to the model"),
                ("↑ ↓ PgUp PgDn", "scroll the diff"),
                ("Tab", "between the question and the prompt"),
                ("Esc", "ends the turn"),
                (f"{key('mode')}, /mode", "ask, auto-edit, full, read-only, plan"),
            ),
        ),
        (
            "Everywhere",
            (
                ("Ctrl+P", "all commands, such as the theme"),
                (key("theme"), "the next theme"),
                (key("origins"), "which drafter each word came from"),
                (key("stats"), "speculation as plots"),
                (f"{key('models')}, /models", "what fits here; pull and switch models"),
                (f"{key('sessions')}, /sessions", "earlier sessions: go on, or put in order"),
                (key("load"), "load the model again, when there is none"),
                (f"{key('review')}, /review", "decide about what is changed, and commit it"),
                ("Ctrl+C", "copy the selection, or cancel; twice quits"),
                (key("quit"), "quit"),
            ),
        ),
        (
            "The status bar",
            (
                ("tok/s", "tokens written per second"),
                ("accepted", "share of drafted tokens that the model kept"),
                ("τ", "tokens per model pass; plain decoding has 1"),
                ("edit, lookup, …", "the drafter that guessed last"),
                ("reused", "tokens of the prompt that were not read again"),
                ("ctx", "how full the model's context is"),
                ("mem", "memory that coder and the model take"),
            ),
        ),
    )


class Help(ModalScreen[None]):
    """The keys of what `sections` are about."""

    CSS = """
    Help {
        align: center middle;
        VerticalScroll {
            width: 76;
            max-width: 96%;
            height: auto;
            max-height: 92%;
            padding: 1 2;
            border: round $primary;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,question_mark,enter", "dismiss", "Close")]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "keys"
            box.border_subtitle = "Esc closes"
            yield Static(_content(self._sections))


def _content(sections: Sequence[Section]) -> Content:
    parts: list[str | tuple[str, str]] = []
    for title, rows in sections:
        parts += [("\n\n" if parts else "", ""), (title, "bold $text-primary")]
        for key, does in rows:
            parts += ["\n  ", (f"{key:<21}", "$text-accent"), does]
    return Content.assemble(*parts)
