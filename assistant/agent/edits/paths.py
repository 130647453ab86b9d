"""Which file a name in a model's text means."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from assistant.agent.edits.edit import EditError

_PATH = re.compile(r"[^\s<>|:*?\"'`]+")
_TITLE = re.compile(r"^(?:(?:new |updated )?(?:file|path|filename|file ?path) ?[:=] *)", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w./\\@+-])[\w./\\@+-]*[\w/\\]")


def resolve(name: str, known: Sequence[str], *, loosely: bool = False) -> str:
    """The known path that `name` means, in the wrong case or with a slash before it; `loosely` also one
    that lacks folders or has too many. A name that means none of them comes back as it is."""
    name = tidy(name)
    if name in known:
        return name
    bare = name.lstrip("/")
    same = [path for path in known if path.lower() == bare.lower()]
    if not same and loosely:
        low = bare.lower()
        same = [path for path in known if f"/{path}".lower().endswith(f"/{low}")]
        same = same or [path for path in known if f"/{low}".endswith(f"/{path}".lower())]
    if len(same) > 1:
        raise EditError(f"{name} may be {' or '.join(same)}.", hint="Name the file by its whole path.")
    return same[0] if same else name


def tidy(name: str) -> str:
    """Without quotes, emphasis and what else is written around a path."""
    name = _TITLE.sub("", name.strip().lstrip("#").strip().strip("*_`\"'").strip())
    name = name.rstrip(":,").strip("*`\"'").replace("\\_", "_").strip()
    if "/" not in name:
        name = name.replace("\\", "/")
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name


def named_in(line: str, known: Sequence[str]) -> str | None:
    """The path that a line of prose or a title names, None where that is none or several."""
    whole = tidy(line)
    if whole in known or _looks_like_path(whole):
        return whole
    low = {path.lower() for path in known}
    quoted = [name for name in re.findall(r"`([^`\n]+)`", line) if _looks_like_path(tidy(name))]
    mentioned = [word for word in _WORD.findall(line) if word.lower().removeprefix("./") in low]
    names = list(dict.fromkeys(tidy(name) for name in quoted or mentioned))
    return names[0] if len(names) == 1 else None


def the_one_of(known: Sequence[str]) -> str:
    """The file that is meant where none is named. Raises EditError where there are several."""
    if len(known) == 1:
        return known[0]
    raise EditError(
        "The edit does not say which file it is for.",
        hint="Write the file's path alone on the line before it.",
    )


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint with the known paths that resemble `name`, empty where none does."""
    by_name = [path for path in known if path.rsplit("/", 1)[-1].lower() == name.rsplit("/", 1)[-1].lower()]
    close = by_name or get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(close[:3])}?" if close else ""


def _looks_like_path(name: str) -> bool:
    if not _PATH.fullmatch(name) or "//" in name:
        return False
    return bool(re.search(r"[^/.]\.\w+$|/[^/]+$|^(?:Makefile|Dockerfile|\.\w+)$", name))
