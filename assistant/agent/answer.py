"""The code in a model's answer, or why there is none to use."""

import re
from dataclasses import dataclass

from assistant.chat.generator import FinishReason

# As in CommonMark: what follows backticks on their line has none itself.
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})(.*)")


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


def code_blocks(answer: str) -> list[CodeBlock]:
    """Fenced blocks in order. Their text ends with a newline; the last may be open."""
    blocks: list[CodeBlock] = []
    mark, info, before, above = "", "", "", ""
    body: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", answer):
        fence = _FENCE.fullmatch(line.rstrip("\r\n"))
        if not mark and fence:
            mark, info, before, body = fence[1], fence[2].strip(), above, []
        elif mark and fence and fence[1].startswith(mark) and not fence[2].strip():
            blocks.append(CodeBlock(info, _whole_lines(body), closed=True, before=before))
            mark, above = "", ""
        elif mark:
            body.append(line)
        elif line.strip():
            above = line.strip()
    if mark:
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
    if not blocks[0].closed or (finish in ("length", "context") and not blocks[-1].closed):
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
