"""Disks that are full, read-only or failing, and a clock that jumps back: nothing is lost, and it is said.

`python -m tests.faults disk` lets each kind of fault strike each kind of work at each place where it can."""

import ctypes
import errno
import json
import os
import re
import resource
import struct
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path

from tests.faults.experiment import Experiment, at_home
from tests.faults.scene import Scene
from tests.faults.works import WORKS, Work
from tests.remote.loopback import loopback_server

COUNT = 100
_EARLIER = 1_000_000_000.0
_CLEAR = re.compile(r"coder: (?!coder failed)|Not achieved")
_FILLER = "filler"


@dataclass(frozen=True)
class Fault:
    """`strike` meets the process that calls it, and tells how often it has struck so far. Where that is
    `counted`, `at` is which time it strikes, 0 being each; else it is one of the `levels`."""

    name: str
    strike: Callable[[Scene, int], Callable[[], int]]
    levels: tuple[int, ...] = (0,)
    counted: bool = False


@dataclass(frozen=True)
class Met:
    """How the work ended that a fault has met: its exit code, what it said, and how often it was struck."""

    code: int
    said: str
    struck: int


@dataclass
class Counts:
    """What struck how often, and with which codes the work ended."""

    faults: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    hurt: int = 0

    def __str__(self) -> str:
        faults = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items()))
        codes = ", ".join(f"{count} with {code}" for code, count in sorted(self.codes.items()))
        return f"{self.hurt} of {sum(self.faults.values())} went wrong ({faults}; ended {codes})"


def _cannot_grow(scene: Scene, at: int) -> Callable[[], int]:
    """No file grows beyond `at` KiB: as with a full disk, but anybody may ask for it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (at * 1024, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return lambda: 1


def _full_disk(scene: Scene, at: int) -> Callable[[], int]:
    """Of the disk that the scene lies on, `at` KiB are left."""
    with suppress(OSError), (scene.folder / _FILLER).open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with (scene.folder / _FILLER).open("r+b") as file:
        file.truncate(max(0, file.seek(0, os.SEEK_END) - at * 1024))
    return lambda: 1


def _read_only(folder: Callable[[Scene], Path]) -> Callable[[Scene, int], Callable[[], int]]:
    def strike(scene: Scene, at: int) -> Callable[[], int]:
        for each, folders, _ in os.walk(folder(scene)):
            Path(each).chmod(0o555)
            folders[:] = [name for name in folders if name != ".git"]
        _be_nobody_special()
        return lambda: 1

    return strike


def _failing(*names: str) -> Callable[[Scene, int], Callable[[], int]]:
    """The functions of `os` that are named fail with an error of the disk."""

    def strike(scene: Scene, at: int) -> Callable[[], int]:
        calls = counting(1)
        struck = 0

        def failing(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal struck
                if at in (0, next(calls)):
                    struck += 1
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                return real(*arguments, **options)

            return call

        for name in names:
            setattr(os, name, failing(getattr(os, name)))
        return lambda: struck

    return strike


def _earlier(scene: Scene, at: int) -> Callable[[], int]:
    time.time = lambda: _EARLIER
    return lambda: 1


_ROOM_KIB = (0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128)
_FULL_DISK = Fault("full disk", _full_disk, levels=_ROOM_KIB)
FAULTS = {
    fault.name: fault
    for fault in (
        Fault("files that cannot grow", _cannot_grow, levels=(0, 1, 4, 8, 16, 32)),
        Fault("read-only repository", _read_only(lambda scene: scene.root)),
        Fault("read-only home", _read_only(lambda scene: scene.home)),
        Fault("failing fsync", _failing("fsync"), counted=True),
        Fault("failing rename", _failing("rename", "replace", "link"), counted=True),
        Fault("clock that jumps back", _earlier),
    )
}


def meet(experiment: Experiment, fault: Fault, at: int = 0) -> tuple[Met, list[str]]:
    """The work under the fault, in a process of its own; and what is wrong after it."""
    scene = experiment.scene
    scene.restore()
    arguments = experiment.arguments()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with at_home(scene):
                struck = fault.strike(scene, at)
                code, said = experiment.do(arguments)
                os.write(writing, json.dumps([code, said[-4000:], struck()]).encode())
        except BaseException as error:  # noqa: BLE001 - a fork must not go on as the test run
            os.write(writing, json.dumps([-1, f"coder failed: {error!r}", 1]).encode())
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
    with at_home(scene):
        faults += experiment.not_repaired()
    return met, faults


def run(count: int, seed: int, works: Mapping[str, Work] = WORKS) -> Counts:
    """All faults on all works; a counted fault at no more than `count` places of each."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as name, loopback_server() as server:
        for number, work in enumerate(works.values()):
            with _small_disk(Path(name).resolve() / f"{number}") as (folder, mounted):
                experiment = Experiment(work, folder / "scene", server)
                for fault in [*FAULTS.values(), *([_FULL_DISK] if mounted else [])]:
                    _meet_everywhere(experiment, fault, count, counts)
    return counts


def _meet_everywhere(experiment: Experiment, fault: Fault, count: int, counts: Counts) -> None:
    for at in range(count + 1) if fault.counted else fault.levels:
        met, wrong = meet(experiment, fault, at)
        if not met.struck:
            break
        counts.faults[fault.name] += 1
        counts.codes[met.code] += 1
        counts.hurt += bool(wrong)
        where = f"{experiment.work.name}, {fault.name} at {at}"
        counts.wrong += [f"{where}: {each}" for each in wrong]


def _lift(scene: Scene) -> None:
    for folder in (scene.root, scene.home):
        for each, _, _ in os.walk(folder):
            Path(each).chmod(0o755)
    (scene.folder / _FILLER).unlink(missing_ok=True)


def _be_nobody_special() -> None:
    """Give up what lets root write where nobody may."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
        if ctypes.CDLL(None, use_errno=True).capset(header, nothing):
            raise OSError(ctypes.get_errno(), "capset")


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
