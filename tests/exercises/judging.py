"""Whether a spoilt answer was applied right, refused clearly, or applied wrongly."""

import io
import re
import tokenize
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from assistant.agent.command import run_command
from assistant.repo.hunks import apply_hunks, diff_hunks
from assistant.repo.syntax import language_of, syntax_problems
from tests.agent.edits.answers import Case
from tests.exercises.agent_work import Work, work
from tests.exercises.exercise import Exercise

Verdict = Literal["right", "refused", "wrong"]


@dataclass(frozen=True)
class Judged:
    verdict: Verdict
    told: str


def judge(exercise: Exercise, case: Case, root: Path) -> Judged:
    """Give the spoilt answer to the agent in the exercise's repository, which is as it was afterwards."""
    before = _files(root) | {case.path: case.before.encode()}
    (root / case.path).write_bytes(before[case.path])
    try:
        done = work(exercise, root, case)
        return Judged(_verdict(exercise, case, root, before, done), told(done))
    finally:
        for path in _files(root).keys() - before.keys():
            (root / path).unlink()
        for path, content in before.items():
            (root / path).write_bytes(content)


def told(done: Work) -> str:
    return "\n".join(each.text for each in done.observed[1:] if each.text != "Done.")


def _verdict(exercise: Exercise, case: Case, root: Path, before: dict[str, bytes], done: Work) -> Verdict:
    after = _files(root)
    others = [path for path in before.keys() | after.keys() if path != case.path]
    if any(before.get(path) != after.get(path) for path in others):
        return "wrong"
    now = after[case.path]
    if now == case.after.encode():
        return "right"
    refusals = [each for each in done.observed if not each.ok and each.text.strip() and not each.changed]
    if refusals and now in _partly(case):
        return "refused"
    return "right" if _only_laid_out_otherwise(exercise, case, root, now) else "wrong"


def _partly(case: Case) -> set[bytes]:
    """The file as it was, and with some of the changes made: every call is applied or refused by itself."""
    hunks = diff_hunks(case.before, case.after)
    some = [part for count in range(len(hunks)) for part in combinations(hunks, count)]
    return {apply_hunks(case.before, part).encode() for part in some}


def _only_laid_out_otherwise(exercise: Exercise, case: Case, root: Path, now: bytes) -> bool:
    """The check passes, the file parses, and nothing but whitespace and comments differs."""
    text = now.decode().replace("\r\n", "\n")
    if syntax_problems(text, language_of(Path(case.path))) or _bare(case.path, text) != _bare(
        case.path, case.after.replace("\r\n", "\n")
    ):
        return False
    return not exercise.runs or run_command(exercise.command, root, timeout_s=10).passed


def _bare(path: str, text: str) -> list[str]:
    """The words and signs of a program; in Python also where its blocks begin and end."""
    if path.endswith(".py"):
        dull, blocks = (tokenize.COMMENT, tokenize.NL), (tokenize.INDENT, tokenize.DEDENT)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return [
            tokenize.tok_name[each.type] if each.type in blocks else each.string
            for each in tokens
            if each.type not in dull
        ]
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).split()


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts and path.suffix != ".out"
    }
