"""What is known to be wrong: the user's words, a failing command's output, syntax errors, in this order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.command import CommandResult
from assistant.repo.files import SourceFile
from assistant.repo.hunks import split_lines
from assistant.repo.syntax import Definition, SyntaxProblem, definitions, language_of, syntax_problems

_LOCATION = re.compile(
    r'File "(?P<py>[^"\n]+)", line (?P<py_line>\d+)|(?P<path>[\w./\\@+-]+\.\w+):(?P<line>\d+)'
)
_TELLING = re.compile(
    r"^E\s|^>\s|\b\w*(error|exception|panic|mismatch)\b|\b(assert\w*|expect\w*|fail\w*|got|want|actual|wrong)\b",
    re.IGNORECASE,
)
# Reports that every run prints, and that say nothing of this failure.
_CHATTER = re.compile(
    r"^[=\-_~. ]{8,}|^(FAIL|ERROR|FAILED)\b[: (]|^\S+ (FAILED|ERROR)\b|\d+ (failed|passed)\b|^FAILED \S+$"
)
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")
_MOST_LINES = 8
_MOST_CHARACTERS = 800
_READABLE_TEST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """`locations` are (absolute path, line) that the output names, the innermost last; `test_code` is the
    text of the failing tests; `problems` are syntax errors by the file's shown path."""

    message: str = ""
    output: str = ""
    locations: tuple[tuple[Path, int], ...] = ()
    test_code: str = ""
    problems: tuple[tuple[str, SyntaxProblem], ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.message or self.output or self.problems)

    @property
    def asserting_lines(self) -> list[str]:
        """The lines of the failing tests that check something."""
        return [line.strip() for line in self.test_code.splitlines() if _TELLING.search(line)][:4]

    def named(self, text: str) -> set[str]:
        return set(_IDENTIFIER.findall(text))


def gather(sources: Sequence[SourceFile], root: Path, message: str, failed: CommandResult | None) -> Evidence:
    """All that speaks for where the problem is. `failed` is the test command's run, None where it passed
    or was not given."""
    output = failed.output if failed else ""
    locations = tuple(_locations(output, root))
    ours = {source.path for source in sources}
    problems = tuple(
        (source.shown, problem)
        for source in sources
        for problem in syntax_problems(source.text, language_of(source.path))
    )
    told = f"{failed.command}: {failed.describe()}" if failed and failed.stopped else ""
    return Evidence(
        message=message.strip(),
        output="\n".join(filter(None, (told, relevant_lines(output)))),
        locations=locations,
        test_code=_test_code([place for place in locations if place[0] not in ours]),
        problems=problems,
    )


def relevant_lines(output: str) -> str:
    """The few lines of a failing command's output that say what went wrong, else its last ones."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line) and not _CHATTER.search(line)]
    chosen = list(dict.fromkeys(telling or lines[-_MOST_LINES:]))[-_MOST_LINES:]
    cleaned = [re.sub(r"^[E>]\s+", "", line).strip() for line in chosen]
    return "\n".join(cleaned)[-_MOST_CHARACTERS:]


def _locations(output: str, root: Path) -> Iterator[tuple[Path, int]]:
    """Places inside the repository that the output names, in its order."""
    for match in _LOCATION.finditer(output):
        path = Path(match["py"] or match["path"])
        path = path if path.is_absolute() else root / path
        if path.is_file() and path.resolve().is_relative_to(root):
            yield path.resolve(), int(match["py_line"] or match["line"])


def _test_code(locations: Sequence[tuple[Path, int]]) -> str:
    """The functions, in files that are not being changed, that the failure went through."""
    parts: dict[tuple[Path, int], str] = {}
    for path, line in locations:
        if path.stat().st_size > _READABLE_TEST_BYTES:
            continue
        text = path.read_text("utf-8", "replace")
        inside = innermost(definitions(text, language_of(path)), line)
        first, last = (inside.first_line, inside.last_line) if inside else (line, line)
        parts[path, first] = "".join(split_lines(text)[first - 1 : last])
    return "\n".join(parts.values())


def innermost(found: Sequence[Definition], line: int) -> Definition | None:
    """The smallest definition around `line`."""
    around = [each for each in found if each.first_line <= line <= each.last_line]
    return min(around, key=lambda each: each.last_line - each.first_line, default=None)
