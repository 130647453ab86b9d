"""Whole files: fenced blocks with the file's name."""

import re
from collections.abc import Sequence

from assistant.agent.answer import CodeBlock, code_blocks
from assistant.agent.edits.edit import EditError, FileEdit, Write
from assistant.agent.edits.paths import did_you_mean, named_in, resolve, the_one_of

_TITLE = re.compile(r"(?:title|file|filename|path)=(\"[^\"]*\"|'[^']*'|\S+)")


def parse_whole_file(text: str, known: Sequence[str]) -> list[FileEdit]:
    """One edit a block that names a file; a single block that names none is for the only known one.
    Raises EditError."""
    blocks = code_blocks(text)
    if not blocks:
        raise EditError(
            "There is no code block in the answer.",
            hint="Put the whole file in a fenced block below its path.",
        )
    named = [(name, block) for block in blocks if (name := _name(block, known))]
    if not named:
        if len(blocks) > 1:
            raise EditError(
                f"The answer has {len(blocks)} code blocks, and none names its file.",
                hint="Write the file's path alone on the line before its block.",
            )
        named = [(the_one_of(known), blocks[0])]
    return [_write(name, block, known) for name, block in named]


def _write(name: str, block: CodeBlock, known: Sequence[str]) -> Write:
    path = resolve(name, known)
    if not block.closed:
        raise EditError(
            f"The code block of {path} does not end.",
            hint="Send the whole file and close its block with a fence.",
        )
    if path not in known and "/" not in path and (hint := did_you_mean(path, known)) and path in hint:
        raise EditError(f"There is no file {path} here.", hint=hint)
    text = block.text.replace("\r\n", "\n")
    if not text.strip():
        raise EditError(f"The code block of {path} is empty.", hint="Send the whole file.")
    return Write(path, text)


def _name(block: CodeBlock, known: Sequence[str]) -> str | None:
    """From the fence (`python src/a.py`, `src/a.py`, `python:src/a.py`, `title="src/a.py"`), else from
    the line above it, else from a comment in its first line."""
    if titled := _TITLE.search(block.info):
        return titled[1].strip("\"'")
    for word in block.info.split():
        if name := named_in(word.rpartition(":")[2], known):
            return name
    return named_in(block.before, known) or title_comment(block.text, known)


def title_comment(text: str, known: Sequence[str]) -> str | None:
    """The path in a first line that is a comment with nothing else in it."""
    comment = re.match(
        r"\s*(?:#|//|/\*|--|<!--|;)+ *(?:File(?:name)?: *)?(\S+) *(?:\*/|-->)?\s*(?:\n|$)", text
    )
    return named_in(comment[1], known) if comment else None
