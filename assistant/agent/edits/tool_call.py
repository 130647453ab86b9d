"""The arguments of an edit tool as JSON: a path, an old and a new text."""

import json
from collections.abc import Iterator, Sequence

from assistant.agent.edits.edit import EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.paths import resolve, the_one_of

_PATHS = ("path", "file_path", "filePath", "file", "filename", "target_file")
_OLDS = ("old", "old_string", "oldString", "old_str", "old_text", "oldText", "search")
_NEWS = ("new", "new_string", "newString", "new_str", "new_text", "newText", "replace")
_ALL = ("replace_all", "replaceAll", "everywhere")
_TEXTS = ("content", "text", "contents")
_INSIDE = ("arguments", "parameters", "input", "args")


def is_tool_call(text: str) -> bool:
    return any(_is_edit(each) for each in _objects(text))


def parse_tool_call(text: str, known: Sequence[str]) -> list[FileEdit]:
    """One edit a JSON object with an old and a new text, or with a file's content. Raises EditError."""
    edits = [edit for each in _objects(text) if _is_edit(each) for edit in _edits(each, known)]
    if not edits:
        raise EditError(
            "There is no edit in the answer.",
            hint='Send JSON such as {"path": "a.py", "old": "text as it is", "new": "text as it shall be"}.',
        )
    return edits


def replace_text(path: str, old: str, new: str, *, everywhere: bool = False) -> FileEdit:
    """The edit that a tool was called with. Without an old text it makes a new file."""
    if not old.strip():
        return Write(path, new, new=True)
    old, new = (text.replace("\r\n", "\n") for text in (old, new))
    return Update(path, (Replacement(old, new, inline=True, everywhere=everywhere),))


def _edits(arguments: dict[str, object], known: Sequence[str]) -> Iterator[FileEdit]:
    name = _first(arguments, _PATHS) or the_one_of(known)
    several = arguments.get("edits")
    parts = several if isinstance(several, list) else [arguments]
    for part in parts:
        if not isinstance(part, dict):
            raise EditError(f"An edit of {name} is no JSON object.")
        old, new, text = _first(part, _OLDS), _first(part, _NEWS), _first(part, _TEXTS)
        if old is None and new is None and text is not None:
            yield Write(resolve(name, known), text.replace("\r\n", "\n"))
        elif old is None or new is None:
            raise EditError(f"An edit of {name} lacks its {'old' if old is None else 'new'} text.")
        else:
            everywhere = any(part.get(key) is True for key in _ALL)
            path = resolve(name, known, loosely=bool(old.strip()))
            yield replace_text(path, old, new, everywhere=everywhere)


def _objects(text: str) -> Iterator[dict[str, object]]:
    """JSON objects in order, each without what wraps it as the call of a tool."""
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield _unwrapped(value)
        at = text.find("{", end)


def _unwrapped(value: dict[str, object]) -> dict[str, object]:
    for key in _INSIDE:
        inner = value.get(key)
        if isinstance(inner, str):
            try:
                inner = json.loads(inner, strict=False)
            except (ValueError, RecursionError):
                continue
        if isinstance(inner, dict):
            return inner
    return value


def _is_edit(value: dict[str, object]) -> bool:
    if isinstance(value.get("edits"), list):
        return True
    has_text = _first(value, _TEXTS) is not None and _first(value, _PATHS) is not None
    return has_text or (_first(value, _OLDS) is not None and _first(value, _NEWS) is not None)


def _first(value: dict[str, object], keys: Sequence[str]) -> str | None:
    return next((found for key in keys if isinstance(found := value.get(key), str)), None)
