"""A message for a commit: written by the model from the diff, or said plainly from the names."""

import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from threading import Event

from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.repo.diff import Diff, FileDiff
from assistant.repo.fence import fenced
from assistant.repo.workspace import holds_secrets
from assistant.resources import resource_folder
from assistant.visible import visible

_VERBS = {"added": "Add", "deleted": "Delete", "renamed": "Rename", "untracked": "Add"}
_SIGNS = {"context": " ", "added": "+", "removed": "-"}
_WIDTH = 72
_MOST_BODY_LINES = 12
_MOST_NAMES = 3
# No imperative begins so: it is talk about the change, or no message at all.
_NO_MESSAGE = re.compile(
    r"\S*$|[^\w\s]|(amend|fixup|squash)!|(here|sure|certainly|i|you|we|it|the|this|these|an?|in|to|of)\b",
    re.IGNORECASE,
)
# Git, and who reads its logs, take such lines at their word: who signed it, who wrote it, a patch to apply.
_NOT_THE_MODELS = re.compile(r"\s*[\w-]+\s*:|\(cherry picked from|-{3}|diff -|@@|.*-- ?>8")
_LONGEST_ANSWER = 240
# Of a large diff the first lines of each file tell most.
_MOST_CHARACTERS = 6000
_ANSWER_TOKENS = 120
_THINKING_TOKENS = 1500


def plain_message(diff: Diff) -> str:
    """What was done to which files, on one line of at most 72 characters that is safe to show. The diff has
    at least one file."""
    verbs = {_VERBS.get(file.status, "Update") for file in diff.files}
    verb = verbs.pop() if len(verbs) == 1 else "Update"
    messages = [_on_one_line(f"{verb} {what}") for what in _named(diff.files)]
    fitting = next((each for each in messages if len(each) <= _WIDTH), messages[-1])
    return fitting if len(fitting) <= _WIDTH else fitting[: _WIDTH - 1] + "…"


def _named(files: Sequence[FileDiff]) -> Iterator[str]:
    """What to call the files, from the fullest to the shortest."""
    if len(files) == 1:
        for name in (str, os.path.basename):
            yield (
                f"{name(files[0].former)} to {name(files[0].path)}"
                if files[0].former
                else name(files[0].path)
            )
        return
    if len(files) <= _MOST_NAMES:
        yield ", ".join(os.path.basename(file.path) for file in files)  # noqa: PTH119
    folder = os.path.commonpath([os.path.dirname(file.path) for file in files])  # noqa: PTH120
    if folder:
        yield f"{len(files)} files in {folder}"
    yield f"{len(files)} files"


def _on_one_line(text: str) -> str:
    return visible(text).replace("\n", "\N{SYMBOL FOR NEWLINE}").replace("\t", " ")


def propose_message(diff: Diff, generator: Generator, cancel: Event | None = None) -> str:
    """The model's message: a subject of at most 72 characters, perhaps a short body below. The plain one
    where it has none to offer, or where the diff is of nothing but secrets, which no model is shown. Raises
    what the generator does."""
    files = [file for file in diff.files if not any(map(holds_secrets, (file.path, file.former)))]
    if not files:
        return plain_message(diff)
    instruction = (resource_folder("prompts") / "commit.md").read_text("utf-8").strip()
    room = min(_MOST_CHARACTERS, generator.context_tokens)  # a token is seldom less than a character
    message = Message("user", f"{instruction}\n\n{fenced('diff', _excerpt(files, room))}")
    most = _ANSWER_TOKENS + (_THINKING_TOKENS if generator.thinks_first else 0)
    options = ReplyOptions(max_tokens=most, cancel=cancel)
    reply = next(each for each in generator.reply([message], options) if isinstance(each, Reply))
    lines = _cleaned(reply.text)
    if reply.finish != "stop":
        lines = lines[:-1]  # it breaks off in the middle
    return _laid_out(lines, plain_message(diff))


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


def _cleaned(text: str) -> list[str]:
    """Its lines, safe to show, without fences, quotes, labels and headings around them."""
    lines = [line.rstrip() for line in visible(text).strip().splitlines() if not line.startswith("```")]
    while lines and (not lines[0].strip() or lines[0].endswith(":")):
        del lines[0]
    if not lines:
        return []
    subject = re.sub(
        r"^(subject|commit( message)?|message)\s*:\s*", "", lines[0].strip("#*\"'` "), flags=re.I
    )
    return [subject.strip("*\"'` ").removesuffix("."), *lines[1:]]


def _laid_out(lines: Sequence[str], plain: str) -> str:
    """A subject and a body of bounded size. A subject that is too long becomes the body of a `plain` one."""
    if not lines or _NO_MESSAGE.match(lines[0]) or len(lines[0]) > _LONGEST_ANSWER:
        return plain
    subject, *body = lines if len(lines[0]) <= _WIDTH else (plain, *lines)
    wrapped = [part for line in body for part in textwrap.wrap(line, _WIDTH) or [""]]
    prose = [line for line in wrapped if not _NOT_THE_MODELS.match(line)]
    below = "\n".join(prose[:_MOST_BODY_LINES]).strip()
    return f"{subject}\n\n{below}" if below else subject
