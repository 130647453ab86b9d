"""Which files an answer proposes to change: fenced code blocks that name an existing file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$")
_WRAPPING = "`*_\"'()[]<>{},:;#"
# Blocks in these languages quote a terminal or a change; a file named just above is not their content.
_QUOTING = {"bash", "console", "diff", "output", "patch", "powershell", "pycon", "sh", "shell", "text", "txt"}


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """The whole new text of the file at `path` (absolute, resolved, inside the root)."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    info: str
    before: str
    text: str


def proposed_changes(answer: str, root: Path) -> list[ProposedChange]:
    """The changes in `answer`, one a file: the last block about a file is the one that counts.

    A block names its file after the language (`python src/a.py`, `python:src/a.py`, `title="src/a.py"`)
    or in the line above the fence. A block that was cut off proposes nothing."""
    found: dict[Path, str] = {}
    for block in _blocks(answer):
        path = _named_by_info(block.info, root) or _named_above(block, root)
        if path is not None:
            found[path] = block.text
    return [ProposedChange(path, text) for path, text in found.items()]


def _blocks(answer: str) -> Iterator[_Block]:
    """Closed fenced blocks, with the last line above each that is not blank."""
    mark, info, before, above = "", "", "", ""
    body: list[str] = []
    for line in answer.splitlines():
        fence = _FENCE.match(line)
        if not mark:
            if fence and not (fence["mark"][0] == "`" and "`" in fence["info"]):
                mark, info, before, body = fence["mark"], fence["info"].strip(), above, []
            elif line.strip():
                above = line
        elif fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            yield _Block(info, before, "".join(f"{text}\n" for text in body))
            mark, above = "", ""
        else:
            body.append(line)


def _named_by_info(info: str, root: Path) -> Path | None:
    words = re.split(r"[\s:=]+", info)
    return _only_file([*words, info.partition(" ")[2], info], root)


def _named_above(block: _Block, root: Path) -> Path | None:
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
    if not name or len(name) > 500 or "\0" in name:
        return None
    path = (root / name).resolve()
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None
