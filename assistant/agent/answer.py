"""The code in a model's answer, or why there is none to use."""

import re
from dataclasses import dataclass

from assistant.chat.generator import FinishReason

# As in CommonMark: what follows backticks on their line has none itself.
_FENCE = re.compile(r" {0,3}(`{3,}+(?!.*`)|~{3,})(.*)")


class UnusableAnswerError(Exception):
    """Why an answer cannot be applied, in words for the user. Never reaches them as an exception."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`info` is what follows the opening fence, `before` the last line above it that is not blank, empty
    where that belongs to another block."""

    info: str
    text: str
    closed: bool
    before: str = ""


def fence_of(line: str) -> tuple[str, str] | None:
    """The marks of a fence and what follows them, None for any other line."""
    found = _FENCE.fullmatch(line.rstrip("\r\n"))
    return (found[1], found[2].strip()) if found else None


def code_blocks(answer: str) -> list[CodeBlock]:
    """Fenced blocks in order. Their text ends with a newline; the last may be open.

    Models put Markdown into a fence that is no longer than those in it: unlike in CommonMark, a fence with
    an info string inside of a block opens an inner one, which is a part of its text."""
    blocks: list[CodeBlock] = []
    marks: list[str] = []
    info, before, above = "", "", ""
    body: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", answer):
        mark, after = fence_of(line) or ("", "")
        if not marks:
            if mark:
                marks, info, before, body = [mark], after, above, []
            elif line.strip():
                above = line.strip()
            continue
        if mark and not after and mark.startswith(marks[-1]):
            marks.pop()
            if not marks:
                blocks.append(CodeBlock(info, _whole_lines(body), closed=True, before=before))
                above = ""
                continue
        elif after and mark.startswith(marks[0]):
            marks.append(mark)
        body.append(line)
    if marks:
        blocks.append(CodeBlock(info, _whole_lines(body), closed=False, before=before))
    return blocks


def fence_for(text: str) -> str:
    """A fence longer than any run of backticks in `text`."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def only_block(answer: str, finish: FinishReason) -> str:
    """The text of the single code block of `answer`. Raises UnusableAnswerError."""
    blocks = code_blocks(answer)
    if finish == "cancelled":
        raise UnusableAnswerError("the answer was cancelled")
    if not blocks:
        raise UnusableAnswerError("the answer has no code block")
    if not blocks[0].closed or (finish != "stop" and not blocks[-1].closed):
        raise UnusableAnswerError("the answer was cut off before its code ended")
    if len(blocks) > 1:
        raise UnusableAnswerError(
            f"the answer has {len(blocks)} code blocks, and it is not clear which one counts"
        )
    if not blocks[0].text.strip():
        raise UnusableAnswerError("the code block is empty")
    return blocks[0].text


def _whole_lines(lines: list[str]) -> str:
    text = "".join(lines)
    return text if not text or text.endswith("\n") else text + "\n"
