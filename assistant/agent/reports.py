"""What is wrong after an edit, in the few lines that a model needs: its syntax, or the project's check."""

from collections.abc import Sequence
from pathlib import Path

from assistant.agent.command import CommandResult
from assistant.agent.edits import PlannedChange
from assistant.agent.evidence import gather
from assistant.repo.hunks import split_lines
from assistant.repo.syntax import language_of, syntax_problems

_MOST_PLACES = 3


def syntax_report(changes: Sequence[PlannedChange]) -> list[str]:
    """One line for each syntax error in the changed files, with the line of code that it is in."""
    report = []
    for file in (each.new for each in changes if each.new):
        lines = split_lines(file.text)
        for problem in syntax_problems(file.text, language_of(file.path)):
            code = lines[problem.line - 1].strip() if problem.line <= len(lines) else ""
            report.append(f"{file.shown}:{problem.line}: {problem.message}: {code}")
    return report


def failure_report(failed: CommandResult, root: Path) -> list[str]:
    """What the failing command says, where, and what it wanted, without the rest of its output."""
    evidence = gather((), root, "", failed)
    report = [f"`{failed.command}` {failed.describe()}.", *evidence.failure]
    places = list(dict.fromkeys(f"{path.relative_to(root)}:{line}" for path, line in evidence.locations))
    if places:
        report.append(f"at {', '.join(places[-_MOST_PLACES:])}")
    return report + [f"checked by: {line}" for line in evidence.asserting_lines]
