"""All ways in which an answer is spoilt, over all exercises and formats."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.edits import EDIT_FORMATS, EditFormat
from tests.agent.edits.answers import Case, answer
from tests.exercises.agent_work import new_repository, work
from tests.exercises.exercise import Exercise, exercises
from tests.exercises.judging import Judged, judge
from tests.exercises.ways import WAYS


@dataclass(frozen=True)
class Spoilt:
    """One cell: an exercise's answer in a format, spoilt in a way."""

    way: str
    exercise: Exercise
    case: Case

    @property
    def name(self) -> str:
        return f"{self.way}: {self.exercise.name}, {self.case.format}"


def spoilt_answers(way: str) -> Iterator[Spoilt]:
    """Every exercise in every format in which the way makes sense."""
    for written in EDIT_FORMATS:
        for exercise in exercises():
            if (case := _spoilt(way, exercise, written)) is not None:
                yield Spoilt(way, exercise, case)


def a_few(way: str) -> Iterator[Spoilt]:
    """The way once in every format, with another exercise each time."""
    for number, written in enumerate(EDIT_FORMATS):
        first = 7 * (list(WAYS).index(way) + number) % len(exercises())
        for exercise in (*exercises()[first:], *exercises()[:first]):
            if (case := _spoilt(way, exercise, written)) is not None:
                yield Spoilt(way, exercise, case)
                break


def repairs_with_good_answers(written: EditFormat, folder: Path) -> list[str]:
    """The exercises that a good model's answers in this format repair, the check having the last word."""
    repaired = []
    for exercise in exercises():
        root = new_repository(exercise, folder / f"{exercise.name}-{written}")
        good = answer(exercise.path, exercise.broken, exercise.fixed, written)
        outcome = work(exercise, root, good, test=exercise.command).outcome
        if outcome.status == "done" and outcome.test and outcome.test.passed:
            repaired.append(exercise.name)
    return repaired


def _spoilt(way: str, exercise: Exercise, written: EditFormat) -> Case | None:
    return WAYS[way](answer(exercise.path, exercise.broken, exercise.fixed, written))


class Repositories:
    """One repository an exercise, in `folder`, made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._roots: dict[str, Path] = {}

    def judge(self, spoilt: Spoilt) -> Judged:
        name = spoilt.exercise.name
        if name not in self._roots:
            self._roots[name] = new_repository(spoilt.exercise, self._folder / name)
        return judge(spoilt.exercise, spoilt.case, self._roots[name])
