"""What is known to be wrong: the user's words, a failing command's output, syntax errors, in this order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.command import CommandResult
from assistant.agent.failure import in_words, tells_of_check
from assistant.errors import CoderError
from assistant.repo.files import SourceFile, inside
from assistant.repo.hunks import split_lines
from assistant.repo.syntax import Definition, SyntaxProblem, definitions, language_of, syntax_problems
from assistant.repo.workspace import holds_secrets

_LOCATION = re.compile(
    r'File "(?P<py>[^"\n]+)", line (?P<py_line>\d{1,9}(?!\d))'
    r"|(?<![\w./\\@+-])(?P<path>[\w./\\@+-]+\.\w+):(?P<line>\d{1,9}(?!\d))"
)
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")
_MOST_CHECKS = 4
_READABLE_TEST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """`failure` is the failing command's output in a few sentences; `locations` are (absolute path, line)
    that it names, the innermost last; `test_code` is the text of the failing tests; `problems` are
    syntax errors by the file's shown path."""

    message: str = ""
    failure: tuple[str, ...] = ()
    locations: tuple[tuple[Path, int], ...] = ()
    test_code: str = ""
    problems: tuple[tuple[str, SyntaxProblem], ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.message or self.failure or self.problems)

    @property
    def asserting_lines(self) -> list[str]:
        """The lines of the failing tests that check something."""
        lines = [line.strip() for line in self.test_code.splitlines()]
        return [line for line in lines if tells_of_check(line) and not line.startswith("def ")][:_MOST_CHECKS]


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
    failure = in_words(output)
    if failed and (failed.stopped or not failure):
        failure = [f"The test {failed.describe()}", *failure]
    return Evidence(
        message=message.strip(),
        failure=tuple(failure),
        locations=locations,
        test_code=_test_code([place for place in locations if place[0] not in ours]),
        problems=problems,
    )


def _locations(output: str, root: Path) -> Iterator[tuple[Path, int]]:
    """Places inside the repository that the output names, in its order."""
    for match in _LOCATION.finditer(output):
        path = Path(match["py"] or match["path"])
        try:
            real, _ = inside(root / path, root)
        except CoderError:
            continue
        if real.is_file() and not holds_secrets(real.name):
            yield real, int(match["py_line"] or match["line"])


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


def names_in(text: str) -> set[str]:
    """The identifiers in a text of any kind."""
    return set(_IDENTIFIER.findall(text))


def innermost(found: Sequence[Definition], line: int) -> Definition | None:
    """The smallest definition around `line`."""
    around = [each for each in found if each.first_line <= line <= each.last_line]
    return min(around, key=lambda each: each.last_line - each.first_line, default=None)
