"""Disks that are full, read-only or failing, and a clock that jumps: nothing is lost, and it is said.

`python -m tests.faults disk` lets each kind of fault strike each kind of work at each place where it can. The
errors of the disk take turns over the places, and `--seed` says which one begins: three seeds raise each
everywhere."""

import errno
import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.experiment import Experiment, at_home
from tests.faults.keeping import KEEPING
from tests.faults.scene import Scene
from tests.faults.strikes import ERRORS, FAULTS, FILLER, FULL_DISK, Fault
from tests.faults.works import WORKS, Work
from tests.remote.loopback import loopback_server

COUNT = 100
_CLEAR = re.compile(r"coder: (?!coder failed)|Not achieved")


@dataclass(frozen=True)
class Met:
    """How the work ended that a fault has met: its exit code, what it said, and how often it was struck."""

    code: int
    said: str
    struck: int


@dataclass
class Counts:
    """What struck how often, with which errors, and with which codes the work ended."""

    faults: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    hurt: int = 0

    def __str__(self) -> str:
        faults = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items()))
        errors = ", ".join(f"{count} {name}" for name, count in sorted(self.errors.items()))
        codes = ", ".join(f"{count} with {code}" for code, count in sorted(self.codes.items()))
        total = sum(self.faults.values())
        return f"{self.hurt} of {total} went wrong ({faults}; raised {errors}; ended {codes})"


def meet(
    experiment: Experiment, fault: Fault, at: int = 0, error: int = errno.ENOSPC
) -> tuple[Met, list[str]]:
    """The work under the fault, in a process of its own; and what is wrong after it."""
    scene = experiment.scene
    scene.restore()
    arguments = experiment.arguments()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with at_home(scene):
                struck = fault.strike(scene, at, error)
                code, said = experiment.do(arguments)
            os.write(writing, json.dumps([code, said[-4000:], struck()]).encode())
        except BaseException as raised:  # noqa: BLE001 - a fork must not go on as the test run
            os.write(writing, json.dumps([-1, f"coder failed: {raised!r}", 1]).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:  # noqa: PTH123 - of a descriptor
        told = file.read()
    os.waitpid(child, 0)
    _lift(scene)
    met = Met(*json.loads(told))
    faults = [*experiment.lost()]
    if met.code and not _CLEAR.search(met.said):
        faults.append(f"it says nothing clear: {met.code} {met.said}")
    if not met.code and not experiment.is_done():
        faults.append(f"it is not done, and ended as if it were: {met.said}")
    with at_home(scene):
        faults += experiment.not_repaired()
    return met, faults


def run(count: int, seed: int, works: Mapping[str, Work] = WORKS | KEEPING) -> Counts:
    """All faults on all works; a counted fault at no more than `count` places of each."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as name, loopback_server() as server:
        for number, work in enumerate(works.values()):
            with _small_disk(Path(name).resolve() / f"{number}") as (folder, mounted):
                experiment = Experiment(work, folder / "scene", server)
                for fault in [*FAULTS.values(), *([FULL_DISK] if mounted else [])]:
                    _meet_everywhere(experiment, fault, count, seed, counts)
    return counts


def _meet_everywhere(experiment: Experiment, fault: Fault, count: int, seed: int, counts: Counts) -> None:
    for at in range(count + 1) if fault.counted else fault.levels:
        error = ERRORS[(at + seed) % len(ERRORS)]
        met, wrong = meet(experiment, fault, at, error)
        if not met.struck:
            break
        where = f"{experiment.work.name}, {fault.name} at {at}"
        counts.faults[fault.name] += 1
        if fault.raises:
            counts.errors[errno.errorcode[error]] += 1
            where += f" with {errno.errorcode[error]}"
        counts.codes[met.code] += 1
        counts.hurt += bool(wrong)
        counts.wrong += [f"{where}: {each}" for each in wrong]


def _lift(scene: Scene) -> None:
    for folder in (scene.root, scene.home):
        for each, _, _ in os.walk(folder):
            Path(each).chmod(0o755)
    (scene.folder / FILLER).unlink(missing_ok=True)


@contextmanager
def _small_disk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """A disk of a few MB at `folder` where we may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield folder, mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
