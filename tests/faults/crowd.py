"""Several coders at once in one repository, each at a file of its own: all end right, and each is taken back.

`python -m tests.faults crowd` starts ten."""

import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from assistant.bench.history import history_file
from assistant.bench.history.store import Filter, History
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from tests.cli.coder import COMMAND
from tests.faults.experiment import at_home
from tests.faults.scene import BUGGY, FIXED, Scene
from tests.faults.terminal import PATIENCE_S
from tests.faults.works import edit
from tests.remote.loopback import call, loopback_server

COUNT = 10
_ANSWERS = 3


@dataclass
class Counts:
    """How many ended as they should, and what went wrong."""

    instances: int
    right: int = 0
    undone: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.right} of {self.instances} at once ended right, {self.undone} were taken back"


def run(count: int, seed: int) -> Counts:
    """`count` instances, whose answers are all there at once."""
    counts = Counts(count)
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(Path(name).resolve() / "scene")
        names = [f"file{number}.py" for number in range(count)]
        for each in names:
            (scene.root / each).write_bytes(BUGGY)
        git = scene.git()
        said = _all_at_once(scene, names)
        for each, (code, errors) in said.items():
            fine = code == 0 and (scene.root / each).read_bytes() == FIXED
            counts.right += fine
            if not fine:
                counts.wrong.append(f"{each}: ended with {code}: {errors[-2000:]}")
        if scene.git() != git:
            counts.wrong.append("git's own files were changed")
        with at_home(scene):
            counts.wrong += _not_recorded(scene, count)
            counts.undone = _take_back_each(scene)
        left = [each for each in names if (scene.root / each).read_bytes() != BUGGY]
        counts.wrong += [f"{each} is not as it was" for each in left]
        counts.wrong += [f"{each} is left" for each in scene.left_behind()]
    return counts


def _all_at_once(scene: Scene, names: list[str]) -> dict[str, tuple[int, str]]:
    """Exit code and stderr of each."""
    with ExitStack() as stack:
        running = {}
        for name in names:
            server = stack.enter_context(loopback_server())
            server.answers = [
                call("read", path=name),
                edit(name, BUGGY, FIXED),
                call("done", answer="Done."),
            ]
            running[name] = subprocess.Popen(
                [*COMMAND, "run", f"Mend {name}.", "--mode", "auto-edit", "--engine", server.url],
                cwd=scene.root,
                env=scene.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(running[name].kill)
        ended = {name: each.communicate(timeout=PATIENCE_S * len(names))[1] for name, each in running.items()}
        return {name: (running[name].returncode, errors) for name, errors in ended.items()}


def _not_recorded(scene: Scene, count: int) -> list[str]:
    """What one of the instances has kept over what another one did."""
    wrong = []
    if len(scene.sessions()) != count:
        wrong.append(f"{len(scene.sessions())} sessions of {count}")
    with History(history_file()) as history:
        generations = sum(total.generations for total in history.totals("day", Filter()))
    if generations != count * _ANSWERS:
        wrong.append(f"{generations} answers in the history of {count * _ANSWERS}")
    return wrong


def _take_back_each(scene: Scene) -> int:
    checkpoints = open_checkpoints(scene.root)
    turns = [turn.id for turn in checkpoints.turns() if turn.finished]
    for turn in turns:
        apply_undo(checkpoints, plan_undo(checkpoints, turn=turn))
    return len(turns)
