"""`@path` in a message: the file's text goes with the message."""

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.repo.files import SourceFile, read_source

_MENTION = re.compile(r'(?<!\S)@(?:"(?P<quoted>[^"\n]+)"|(?P<plain>[^\s"]+))')
_BACKTICKS = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A message with the texts of the files it mentions. `missing` looked like paths but name no file."""

    content: str
    files: tuple[SourceFile, ...]
    missing: tuple[str, ...]


def include_mentions(text: str, root: Path) -> Mentioned:
    """Append every file that `text` mentions. Raises CoderError for one that cannot be read as text."""
    files: dict[Path, SourceFile] = {}
    missing: list[str] = []
    for match in _MENTION.finditer(text):
        name = match["quoted"] or match["plain"]
        path = _existing(name, root)
        if path is not None:
            files.setdefault(path.resolve(), read_source(path, root))
        elif match["quoted"] or "/" in name or "." in name:
            missing.append(name)
    blocks = [_fenced(file) for file in files.values()]
    return Mentioned("\n\n".join([text, *blocks]), tuple(files.values()), tuple(missing))


def _existing(name: str, root: Path) -> Path | None:
    """The file or folder `name`; punctuation that ends a sentence does not count."""
    for candidate in (name, name.rstrip(".,;:!?)")):
        if candidate and (root / candidate).exists():
            return root / candidate
    return None


def _fenced(file: SourceFile) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(file.text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if file.text.endswith("\n") else "\n"
    return f"{fence} {file.shown}\n{file.text}{end}{fence}"
