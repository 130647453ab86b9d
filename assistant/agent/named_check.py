"""The check that a repository's own AGENTS.md names: taken only where there is no doubt which it is.

It counts as named where a line says nothing else (Test: `pytest -q`, or: Run the tests with `make`), or
where it is the only command in a fenced block under a heading about tests. Who wrote the file is not the
user: the command needs consent, and runs confined.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.agent.answer import fence_of
from assistant.agent.check import Check
from assistant.errors import CoderError
from assistant.repo.files import read_source
from assistant.repo.instructions import NAME

_HEADING = re.compile(r"#{1,6}\s+(?P<title>.+)")
_ABOUT_TESTS = re.compile(r"\b(tests?|testing|checks?)\b", re.IGNORECASE)
_LINE = re.compile(
    r"\s*(?:[-*+]\s+|\d+\.\s+)?(?:\*\*)?"
    r"(?:(?:the )?(?:test|check) command(?: is)?|tests?|checks?"
    r"|(?:to )?run (?:the |all |all the )?(?:tests?|test suite|checks?)(?: with| using| by)?)"
    r"\s*+:?+\s*+(?:\*\*)?+\s*+:?+\s*+`(?P<command>[^`]+)`\s*+\.?+\s*+",  # nothing is tried twice
    re.IGNORECASE,
)
_SHELLS = {"", "bash", "sh", "shell", "console", "zsh"}
# What stands for something else is no command yet.
_PLACEHOLDER = re.compile(r"<[^>]*>|\.\.\.|…|\bpath/to\b|[{}\[\]]")
_LONGEST = 200


def named_checks(root: Path) -> list[str]:
    """The different commands that AGENTS.md of the root names as the check, none where there is no such file.
    Only where it is one there is no doubt."""
    if not (root / NAME).exists():
        return []
    try:
        text = read_source(root / NAME, root).text
    except CoderError:
        return []
    return list(dict.fromkeys(command for command in _named(text) if _is_command(command)))


def the_named_check(named: Sequence[str], timeout_s: float) -> Check | None:
    """The one that `named_checks` found; where it found several, it is for the user to say which."""
    return Check(named[0], timeout_s, NAME) if len(named) == 1 else None


def _named(text: str) -> Iterator[str]:
    about_tests, marks = False, ""
    block: list[str] | None = None
    for line in text.splitlines():
        mark, info = fence_of(line) or ("", "")
        if marks:
            if mark.startswith(marks) and not info:
                if block is not None and len(block) == 1:
                    yield block[0]
                marks, block = "", None
            elif block is not None and line.strip() and not line.lstrip().startswith("#"):
                block.append(line.strip().removeprefix("$ "))
        elif mark:
            marks, block = mark, [] if about_tests and info.lower() in _SHELLS else None
        elif heading := _HEADING.match(line):
            about_tests = bool(_ABOUT_TESTS.search(heading["title"]))
        elif found := _LINE.fullmatch(line):
            yield found["command"].strip()


def _is_command(text: str) -> bool:
    return text.isprintable() and 0 < len(text) <= _LONGEST and not _PLACEHOLDER.search(text)
