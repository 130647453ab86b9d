"""`@path` and `@name` in a message: the file, the folder or the definition goes with the message."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.excerpts import Excerpt, definition, folder_files
from assistant.errors import RefusedError, UsageError
from assistant.repo.fence import fenced
from assistant.repo.files import SourceFile, is_there, read_source
from assistant.repo.map.index import RepositoryIndex
from assistant.repo.workspace import Workspace, holds_secrets

MENTION = re.compile(r'(?<!\S)@(?:"(?P<quoted>[^"\n]+)"|(?P<plain>[^\s"]+))')
_ENDS_SENTENCE = ".,;:!?)"


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a message mentions: whole files, and excerpts, which are definitions called `names` and lists of
    files."""

    files: tuple[SourceFile, ...]
    excerpts: tuple[Excerpt, ...] = ()
    names: tuple[str, ...] = ()


def resolve_mentions(text: str, workspace: Workspace, index: Callable[[], RepositoryIndex]) -> Mentions:
    """What `text` mentions, each once, in order: files, folders, and definitions that the index knows, which
    is asked for where it is needed.

    Raises UsageError for what looks like a path and names nothing, and for a name with several definitions,
    which it lists; CoderError for a file that cannot be read as text."""
    files: dict[Path, SourceFile] = {}
    excerpts: dict[str, Excerpt] = {}
    names: dict[str, None] = {}
    for match in MENTION.finditer(text):
        path = _existing(match, workspace.root)
        added: list[SourceFile] = []
        found: list[Excerpt] = []
        if path is None:
            found = [one] if (one := definition(_names(match)[-1], index())) else []
            if not found:
                _check_is_no_path(match, workspace.root)
                continue
            names[_names(match)[-1].rpartition(":")[2]] = None
        elif path.is_dir():
            added, found = folder_files(path, workspace)
        else:
            added = [_mentioned(path, workspace.root)]
        for file in added:
            files.setdefault(file.path, file)
        excerpts |= {excerpt.shown: excerpt for excerpt in found}
    return Mentions(tuple(files.values()), tuple(excerpts.values()), tuple(names))


def _mentioned(path: Path, root: Path) -> SourceFile:
    """A link that a repository brings may look like any file: the secrets it leads to were not asked for."""
    file = read_source(path, root)
    if holds_secrets(file.shown) and not holds_secrets(path.name):
        raise RefusedError(
            f"{path.name} is a link to {file.shown}, which may hold secrets; nothing was sent.",
            hint=f"If you mean it: @{file.shown}",
        )
    return file


def with_files(text: str, files: Iterable[SourceFile | Excerpt]) -> str:
    """`text` followed by the files, each in a fence that it cannot close."""
    return "\n\n".join([text, *(fenced(file.shown, file.text) for file in files)])


def _names(match: re.Match[str]) -> tuple[str, ...]:
    """What may be meant; punctuation that ends a sentence does not count."""
    name = match["quoted"] or match["plain"]
    return name, name.rstrip(_ENDS_SENTENCE)


def _existing(match: re.Match[str], root: Path) -> Path | None:
    """The file or folder that is mentioned."""
    for name in _names(match):
        if name and is_there(root / name):
            return root / name
    return None


def _check_is_no_path(match: re.Match[str], root: Path) -> None:
    name = _names(match)[0]
    if match["quoted"] or "/" in name or "." in name:
        raise UsageError(
            f"There is no file {name}; nothing was sent.",
            hint=f"Paths count from {root}. If it is no path, leave the @ out.",
        )
