"""`@path` in a message: the file's text goes with the message."""

import re
from pathlib import Path

from assistant.errors import UsageError
from assistant.repo.files import SourceFile, read_source

MENTION = re.compile(r'(?<!\S)@(?:"(?P<quoted>[^"\n]+)"|(?P<plain>[^\s"]+))')
_BACKTICKS = re.compile(r"`{3,}")


def mentioned_files(text: str, root: Path) -> list[SourceFile]:
    """Every file that `text` mentions, once, in order. Raises UsageError for what looks like a path and
    names no file, CoderError for a file that cannot be read as text."""
    files: dict[Path, SourceFile] = {}
    for match in MENTION.finditer(text):
        name = match["quoted"] or match["plain"]
        path = _existing(name, root)
        if path is not None:
            files.setdefault(path.resolve(), read_source(path, root))
        elif match["quoted"] or "/" in name or "." in name:
            raise UsageError(
                f"There is no file {name}; nothing was sent.",
                hint=f"Paths count from {root}. If it is no path, leave the @ out.",
            )
    return list(files.values())


def with_files(text: str, files: list[SourceFile]) -> str:
    """`text` followed by the files, each in a fence that it cannot close."""
    return "\n\n".join([text, *map(_fenced, files)])


def _existing(name: str, root: Path) -> Path | None:
    """The file or folder `name`; punctuation that ends a sentence does not count."""
    for candidate in (name, name.rstrip(".,;:!?)")):
        try:
            if candidate and (root / candidate).exists():
                return root / candidate
        except (OSError, ValueError):  # too long for a name, or a null byte in it
            return None
    return None


def _fenced(file: SourceFile) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(file.text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if file.text.endswith("\n") else "\n"
    return f"{fence} {file.shown}\n{file.text}{end}{fence}"
