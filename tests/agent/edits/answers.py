"""Exercises, and the answers that a good model gives to them in every format."""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.answer import fence_for
from assistant.agent.edits import EditFormat
from assistant.chat.generator import FinishReason
from assistant.repo.hunks import diff_hunks, split_lines, unified_diff
from tests.planted import repaired

_FOLDER = Path(__file__).parent / "exercises"


@dataclass(frozen=True)
class Exercise:
    """A file with planted bugs, and as it should be."""

    name: str
    path: str
    broken: str
    fixed: str


@dataclass(frozen=True)
class Case:
    """An answer about a file, which has the text `before` and should get the text `after`."""

    path: str
    before: str
    after: str
    format: EditFormat
    text: str
    finish: FinishReason = "stop"


def exercises() -> list[Exercise]:
    found = []
    for folder in sorted(_FOLDER.iterdir()):
        file = next(folder.glob("broken.*"))
        broken, fixes = file.read_text("utf-8"), tomllib.loads((folder / "fixes.toml").read_text("utf-8"))
        name = folder.name.partition("_")[2]
        path = f"src/{name}/{name.title()}{file.suffix}"
        found.append(Exercise(folder.name, path, broken, repaired(broken, fixes["fix"])))
    return found


def answer(path: str, before: str, after: str, written: EditFormat) -> Case:
    return Case(path, before, after, written, WRITERS[written](path, before, after))


def pieces(before: str, after: str, at_least: int = 1) -> Iterator[tuple[str, str]]:
    """For each hunk the old and the new lines, with as many around them as make them the only such."""
    old = split_lines(before)
    hunks = diff_hunks(before, after)
    # Those after it find the file as it is, those before it as it will be: made from the end, none moves.
    for hunk in reversed(hunks):
        for around in range(at_least, len(old) + 1):
            start, end = max(0, hunk.old_start - around), min(len(old), hunk.old_end + around)
            wanted = "".join(old[start:end])
            if _times(before, wanted) == 1:
                break
        yield wanted, "".join([*old[start : hunk.old_start], *hunk.new_lines, *old[hunk.old_end : end]])


def _times(text: str, wanted: str) -> int:
    lines, sought = split_lines(text), split_lines(wanted)
    return sum(lines[i : i + len(sought)] == sought for i in range(len(lines)))


def _whole(path: str, before: str, after: str) -> str:
    fence = fence_for(after)
    return f"Here is the file.\n\n{path}\n{fence}{Path(path).suffix[1:]}\n{after}{fence}\n"


def _search_replace(path: str, before: str, after: str) -> str:
    blocks = [
        f"{path}\n```\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n"
        for old, new in pieces(before, after)
    ]
    return "I change this:\n\n" + "\n".join(blocks)


def _udiff(path: str, before: str, after: str) -> str:
    return f"```diff\n{unified_diff(before, after, path)}```\n"


def _patch(path: str, before: str, after: str) -> str:
    diff = [line for line in split_lines(unified_diff(before, after, path))[2:] if line[0] != "\\"]
    body = "".join("@@\n" if line.startswith("@@") else line for line in diff)
    return f"*** Begin Patch\n*** Update File: {path}\n{body}*** End Patch\n"


def _tool_call(path: str, before: str, after: str) -> str:
    edits = [{"path": path, "old": old, "new": new} for old, new in pieces(before, after)]
    return "\n".join(json.dumps(edit) for edit in edits) + "\n"


WRITERS: dict[EditFormat, Callable[[str, str, str], str]] = {
    "whole": _whole,
    "search-replace": _search_replace,
    "udiff": _udiff,
    "patch": _patch,
    "tool-call": _tool_call,
}
