"""The program ended from outside at random moments of its life: nothing is lost, and the next run ends well.

`python -m tests.faults kill` does it 300 times and prints the counts."""

import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.experiment import Experiment, at_home
from tests.faults.terminal import PATIENCE_S, WAYS, Way
from tests.faults.works import WORKS, Work
from tests.remote.loopback import loopback_server

COUNT = 300
_GRACE_S = 10.0
_MARK = "CODER_FAULTS"


@dataclass
class Counts:
    """How often what was ended how, how far it had come, and what was found wrong afterwards."""

    works: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    hurt: int = 0

    def __str__(self) -> str:
        counters = (self.works, self.ways, self.states)
        told = "; ".join(", ".join(f"{count} {name}" for name, count in sorted(c.items())) for c in counters)
        return f"{self.hurt} of {sum(self.ways.values())} lost something ({told})"


def run(count: int, seed: int, works: Mapping[str, Work] = WORKS) -> Counts:
    """`count` ends, in turn over the works; SIGKILL as often as all others, which a process can answer."""
    counts, chance = Counts(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name, loopback_server() as server:
        targets = [
            _Target(Experiment(work, Path(name).resolve() / f"{number}", server))
            for number, work in enumerate(works.values())
        ]
        for number in range(count):
            way = chance.choice(("SIGKILL", chance.choice(WAYS[1:])))
            targets[number % len(targets)].end(way, chance, counts)
    return counts


class _Target:
    """A program that is ended again and again, and how long it lived when it was left alone lately."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        experiment.scene.restore()
        started = time.monotonic()
        with experiment.start() as terminal:
            ended = terminal.run_for(PATIENCE_S)
            said = terminal.shown[-2000:].decode(errors="replace")
            assert ended and not terminal.process.returncode, f"{experiment.work.name} does not work:\n{said}"
        self._life_s = time.monotonic() - started

    def end(self, way: Way, chance: random.Random, counts: Counts) -> None:
        """Begin the work, end it at a random moment, the likelier the later, and look at what is left."""
        experiment, scene = self._experiment, self._experiment.scene
        scene.restore()
        mark = f"{chance.getrandbits(64):x}"
        faults = []
        started = time.monotonic()
        with experiment.start(**{_MARK: mark}) as terminal:
            ended = terminal.run_for(chance.triangular(0, 1.1, 1) * self._life_s)
            if ended:
                self._life_s = time.monotonic() - started
            terminal.end(way)
            if not terminal.run_for(PATIENCE_S):
                faults.append("it did not end")
        # What was sent a signal may take a moment; after SIGKILL nobody was there to send one.
        left = psutil.wait_procs(_running(mark), timeout=_GRACE_S if way != "SIGKILL" else 0)[1]
        for process in left:
            if way != "SIGKILL":
                faults.append(f"{process} still runs")
            process.kill()
        changed = scene.files() != experiment.old
        counts.states["done" if ended else "changed" if changed else "unchanged"] += 1
        faults += experiment.lost()
        if way != "SIGKILL":
            faults += [f"{name} is left" for name in scene.left_behind()]
        with at_home(scene):
            faults += experiment.not_repaired()
        counts.works[experiment.work.name] += 1
        counts.ways[way] += 1
        counts.hurt += bool(faults)
        counts.wrong += [f"{experiment.work.name}, {way}: {fault}" for fault in faults]


def _running(mark: str) -> list[psutil.Process]:
    """Processes that were started by the program of this mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_MARK) == mark:
                found.append(process)
    return found
