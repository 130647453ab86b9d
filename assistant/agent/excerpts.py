"""What a mention of a folder or of a name brings: files, a list of them, or a definition."""

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import CoderError, UsageError
from assistant.repo.files import SourceFile, inside, read_source
from assistant.repo.listing import list_files
from assistant.repo.map.index import RepositoryIndex
from assistant.repo.map.symbols import Symbol, find_symbols
from assistant.repo.syntax import definitions, language_of
from assistant.repo.workspace import Workspace, holds_secrets

MOST_FILES = 20
MOST_CHARACTERS = 60_000
_MOST_LISTED = 200
_MOST_CANDIDATES = 8
_NAME = re.compile(r"(?:(?P<path>.+):)?(?P<name>[^\W\d]\w*(?:(?:\.|::|#)\w+)*)")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of a file, called by its path and lines, or the list of a folder's files."""

    shown: str
    text: str


def folder_files(folder: Path, workspace: Workspace) -> tuple[list[SourceFile], list[Excerpt]]:
    """The text files in `folder` that are not ignored, where they are at most 20 with 60,000 characters, and
    a list of the others, secrets among them; else a list of them all. Raises UsageError where there is none,
    RefusedError for a folder outside."""
    _, shown = inside(folder, workspace.root)
    prefix = "" if shown == "." else f"{shown}/"
    paths = [path for path in list_files(workspace).files if path.startswith(prefix)]
    if not paths:
        raise UsageError(f"There are no files in {shown} that are not ignored; nothing was sent.")
    files: list[SourceFile] = []
    for path in paths if len(paths) <= MOST_FILES else ():
        if holds_secrets(path):
            continue
        try:
            file = read_source(workspace.root / path, workspace.root)
        except CoderError:  # no text: it is listed
            continue
        if not holds_secrets(file.shown):  # it may be a link to some
            files.append(file)
    if sum(len(file.text) for file in files) > MOST_CHARACTERS:
        files = []
    given = {file.shown for file in files}
    listed = [path for path in paths if path not in given]
    return files, [_list(prefix or "the repository", listed)] if listed else []


def definition(mention: str, index: RepositoryIndex) -> Excerpt | None:
    """The definition of a name that may be qualified, as in `Class.method` and `path:name`; None where the
    index has none. Raises UsageError where it has several, and names them."""
    parsed = _NAME.fullmatch(mention)
    if parsed is None:
        return None
    path, name = parsed["path"], parsed["name"]
    found = [symbol for symbol in find_symbols(index, name) if path in (None, symbol.path)]
    if len(found) > 1:
        raise _ambiguous(mention, name, found)
    return _text_of(found[0], index.root) if found else None


def _list(name: str, paths: list[str]) -> Excerpt:
    rest = f"… and {len(paths) - _MOST_LISTED:,} more\n" * (len(paths) > _MOST_LISTED)
    text = "".join(f"{path}\n" for path in paths[:_MOST_LISTED]) + rest
    return Excerpt(f"files in {name} that are named only", text)


def _text_of(symbol: Symbol, root: Path) -> Excerpt:
    """The lines of a definition, as the file is now."""
    file = read_source(root / symbol.path, root)
    around = [
        found
        for found in definitions(file.text, language_of(file.path))
        if found.name == symbol.name and found.first_line <= symbol.line <= found.last_line
    ]
    first, last = (around[-1].first_line, around[-1].last_line) if around else (symbol.line, symbol.line)
    lines = file.text.splitlines(keepends=True)[first - 1 : last]
    return Excerpt(f"{symbol.path}:{first}-{last}", "".join(lines))


def _ambiguous(mention: str, name: str, found: list[Symbol]) -> UsageError:
    candidates = [f"@{one.path}:{name} (line {one.line}: {one.text})" for one in found[:_MOST_CANDIDATES]]
    more = f"\n… and {len(found) - _MOST_CANDIDATES} more" * (len(found) > _MOST_CANDIDATES)
    return UsageError(
        f"{mention} has {len(found)} definitions; nothing was sent.",
        hint="Say which:\n" + "\n".join(candidates) + more,
    )
