"""Which files an answer proposes to change: fenced code blocks that name an existing file."""

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.answer import CodeBlock, code_blocks
from assistant.errors import CoderError
from assistant.repo.files import inside
from assistant.repo.hunks import split_lines
from assistant.repo.syntax import definitions, language_of

_WRAPPING = "`*_\"'()[]<>{},:;#"
# Blocks in these languages quote a terminal or a change; a file named just above is not their content.
_QUOTING = {"bash", "console", "diff", "output", "patch", "powershell", "pycon", "sh", "shell", "text", "txt"}


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """The whole new text of the file at `path` (absolute, resolved, inside the root)."""

    path: Path
    text: str


def proposed_changes(answer: str, root: Path, meant: Path | None = None) -> list[ProposedChange]:
    """The changes in `answer`, one a file: the last block about a file is the one that counts.

    A block names its file after the language (`python src/a.py`, `python:src/a.py`, `title="src/a.py"`)
    or in the line above the fence. Where no block does and there is only one, it is about the file
    `meant`, when it is in that file's language. A block that was cut off proposes nothing."""
    blocks = [block for block in code_blocks(answer) if block.closed]
    found: dict[Path, str] = {}
    for block in blocks:
        path = _named_by_info(block.info, root) or _named_above(block, root)
        if path is not None:
            found[path] = block.text
    if not found and len(blocks) == 1 and meant is not None and _fits(blocks[0], meant):
        found[meant] = _put_into(blocks[0].text, meant)
    return [ProposedChange(path, text) for path, text in found.items()]


def _fits(block: CodeBlock, path: Path) -> bool:
    language = block.info.split(" ")[0].lower()
    return language in ("", path.suffix.lstrip(".").lower(), language_of(path))


def _put_into(code: str, path: Path) -> str:
    """The file with `code` in it. What defines only a part of what the file does takes the place of its
    namesakes; the rest of the file stays."""
    old = path.read_text("utf-8", "replace").replace("\r\n", "\n")
    had, has = definitions(old, language_of(path)), definitions(code, language_of(path))
    new = {each.qualified_name: each for each in has}
    if not new or {each.qualified_name for each in had} <= new.keys():
        return code
    lines, answered = split_lines(old), split_lines(code)
    for each in sorted(had, key=lambda each: each.first_line, reverse=True):
        if each.qualified_name in new and "." not in each.qualified_name:
            by = new[each.qualified_name]
            lines[each.first_line - 1 : each.last_line] = answered[by.first_line - 1 : by.last_line]
    return "".join(lines)


def _named_by_info(info: str, root: Path) -> Path | None:
    words = re.split(r"[\s:=]+", info)
    return _only_file([*words, info.partition(" ")[2], info], root)


def _named_above(block: CodeBlock, root: Path) -> Path | None:
    path = _only_file(block.before.split(), root)
    language = block.info.split(" ")[0].lower()
    if path is not None and language in _QUOTING and path.suffix.lstrip(".") != language:
        return None
    return path


def _only_file(words: list[str], root: Path) -> Path | None:
    """The one file inside `root` that these words name; None where they name none or several."""
    files = {path for word in words if (path := _file(word.strip(_WRAPPING).rstrip("."), root))}
    return files.pop() if len(files) == 1 else None


def _file(name: str, root: Path) -> Path | None:
    if not name:
        return None
    try:
        path, _ = inside(root / name, root)
    except CoderError:
        return None
    return path if path.is_file() else None
