"""A message for a commit: written by the model from the diff, or said plainly from the names."""

import os
import re
from collections.abc import Sequence
from threading import Event

from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.repo.diff import Diff, FileDiff
from assistant.repo.fence import fenced
from assistant.resources import resource_folder

_VERBS = {"added": "Add", "deleted": "Delete", "renamed": "Rename", "untracked": "Add"}
_SIGNS = {"context": " ", "added": "+", "removed": "-"}
_LONGEST_SUBJECT = 72
_MOST_NAMES = 3
# Of a large diff the first lines of each file tell most.
_MOST_CHARACTERS = 6000
_ANSWER_TOKENS = 120


def plain_message(diff: Diff) -> str:
    """What was done to which files, on one line. The diff has at least one file."""
    files = diff.files
    verbs = {_VERBS.get(file.status, "Update") for file in files}
    verb = verbs.pop() if len(verbs) == 1 else "Update"
    if len(files) == 1 and files[0].former:
        return f"Rename {files[0].former} to {files[0].path}"
    names = ", ".join(file.path.rpartition("/")[2] for file in files)
    if len(files) <= _MOST_NAMES and len(names) + len(verb) < _LONGEST_SUBJECT:
        return f"{verb} {files[0].path if len(files) == 1 else names}"
    folder = os.path.commonpath([os.path.dirname(file.path) for file in files])  # noqa: PTH120
    return f"{verb} {len(files)} files{f' in {folder}' if folder else ''}"


def propose_message(diff: Diff, generator: Generator, cancel: Event | None = None) -> str:
    """The model's message, at most a short body under a subject; the plain one where it has none to offer.
    Raises what the generator does."""
    instruction = (resource_folder("prompts") / "commit.md").read_text("utf-8").strip()
    room = min(_MOST_CHARACTERS, generator.context_tokens)  # a token is seldom less than a character
    message = Message("user", f"{instruction}\n\n{fenced('diff', _excerpt(diff.files, room))}")
    options = ReplyOptions(max_tokens=_ANSWER_TOKENS, cancel=cancel)
    text = next(each.text for each in generator.reply([message], options) if isinstance(each, Reply))
    return _cleaned(text) or plain_message(diff)


def _excerpt(files: Sequence[FileDiff], room: int) -> str:
    """Each file's fair share of the diff."""
    share = max(room // len(files), 80)
    return "".join(_of_file(file)[:share].rpartition("\n")[0] + "\n" for file in files)[:room]


def _of_file(file: FileDiff) -> str:
    lines = (
        _SIGNS[line.kind] + line.content.decode("utf-8", "replace").rstrip("\r\n") + "\n"
        for hunk in file.hunks
        for line in hunk.lines
    )
    return f"{file.status} {file.path}\n{''.join(lines)}"


def _cleaned(text: str) -> str:
    """Without fences, quotes, labels and headings around it."""
    lines = [line.rstrip() for line in text.strip().splitlines() if not line.startswith("```")]
    if not lines:
        return ""
    subject = re.sub(
        r"^(subject|commit( message)?|message)\s*:\s*", "", lines[0].strip("#*\"'` "), flags=re.I
    )
    subject = subject.strip("*\"'` ").removesuffix(".")
    if not subject or len(subject) > 2 * _LONGEST_SUBJECT:
        return ""
    return "\n".join([subject, *lines[1:]]).strip()
