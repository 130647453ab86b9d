"""What a model wants changed, whichever format it was written in."""

from dataclasses import dataclass

from assistant.errors import CoderError


class EditError(CoderError):
    """An edit cannot be understood or placed. Nothing was changed; `explained` is fit for the model."""

    @property
    def explained(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Replacement:
    """The text `old` is to become `new`: whole lines, with LF endings.

    `scopes` are lines above it, outermost first. `line` is where the format says that it begins, from 1.
    `at_end` wants it at the end of the file. `inline` allows it to be a part of a line, and with
    `everywhere` all places are meant."""

    old: str
    new: str
    scopes: tuple[str, ...] = ()
    line: int | None = None
    at_end: bool = False
    inline: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Replacements in order, each in the text that those before it leave; then the file may move."""

    path: str
    replacements: tuple[Replacement, ...]
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """The whole text of a file. With `new` it must not exist yet."""

    path: str
    text: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    path: str


FileEdit = Update | Write | Delete
