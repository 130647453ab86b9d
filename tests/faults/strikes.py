"""What strikes a process from within: disks that are full, read-only or failing, and clocks that jump."""

import _pyio  # type: ignore[import-not-found]
import builtins
import ctypes
import errno
import io
import os
import resource
import stat
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count as counting
from pathlib import Path
from typing import TypeAlias

from tests.faults.scene import Scene

ERRORS = (errno.EIO, errno.ENOSPC, errno.EROFS)
"""Those of the disk, which the counted faults raise in turn."""
FILLER = "filler"
_DAY_S = 86_400.0
_ROOM_KIB = (0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128)

Strike: TypeAlias = Callable[[Scene, int, int], Callable[[], int]]


@dataclass(frozen=True)
class Fault:
    """`strike` meets the process that calls it, and tells how often it has struck so far. Where that is
    `counted`, it is given which time it strikes, 0 being each; else one of the `levels`. Where it `raises`,
    then the error that it is given."""

    name: str
    strike: Strike
    levels: tuple[int, ...] = (0,)
    counted: bool = False
    raises: bool = False


def _cannot_grow(scene: Scene, at: int, error: int) -> Callable[[], int]:
    """No file grows beyond `at` KiB: as with a full disk, but anybody may ask for it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (at * 1024, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return lambda: 1


def _full_disk(scene: Scene, at: int, error: int) -> Callable[[], int]:
    """Of the disk that the scene lies on, `at` KiB are left."""
    with suppress(OSError), (scene.folder / FILLER).open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with (scene.folder / FILLER).open("r+b") as file:
        file.truncate(max(0, file.seek(0, os.SEEK_END) - at * 1024))
    return lambda: 1


def _read_only(folder: Callable[[Scene], Path]) -> Strike:
    def strike(scene: Scene, at: int, error: int) -> Callable[[], int]:
        for each, folders, _ in os.walk(folder(scene)):
            Path(each).chmod(0o555)
            folders[:] = [name for name in folders if name != ".git"]
        _be_nobody_special()
        return lambda: 1

    return strike


def _be_nobody_special() -> None:
    """Give up what lets root write where nobody may."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
        if ctypes.CDLL(None, use_errno=True).capset(header, nothing):
            raise OSError(ctypes.get_errno(), "capset")


def _failing(*names: str) -> Strike:
    """The functions of `os` that are named fail."""

    def strike(scene: Scene, at: int, error: int) -> Callable[[], int]:
        calls = counting(1)
        struck = 0

        def failing(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal struck
                if at in (0, next(calls)):
                    struck += 1
                    raise OSError(error, os.strerror(error))
                return real(*arguments, **options)

            return call

        for name in names:
            setattr(os, name, failing(getattr(os, name)))
        return lambda: struck

    return strike


def _halved(*, fails: bool) -> Strike:
    """Of what is written to a file half arrives. Then the write fails, or it tells how much that was."""

    def strike(scene: Scene, at: int, error: int) -> Callable[[], int]:
        calls = counting(1)
        struck = 0
        real = os.write

        def write(file: int, content: bytes) -> int:
            nonlocal struck
            half = bytes(content)[: len(content) // 2]
            is_file = stat.S_ISREG(os.fstat(file).st_mode)
            if not is_file or not (half or fails) or at not in (0, next(calls)):
                return real(file, content)
            struck += 1
            written = real(file, half)
            if fails:
                raise OSError(error, os.strerror(error))
            return written

        os.write = write  # type: ignore[assignment]
        for module in (io, builtins):  # theirs write in C, and this one by os.write
            vars(module)["open"] = _pyio.open
        return lambda: struck

    return strike


def _clock(seconds: float) -> Strike:
    """After `at` looks at it, the clock is ahead by so many `seconds`."""

    def strike(scene: Scene, at: int, error: int) -> Callable[[], int]:
        looks = counting(1)
        struck = 0
        real, local, written = time.time, time.localtime, time.strftime

        def now() -> float:
            nonlocal struck
            jumped = next(looks) > at
            struck += jumped
            return real() + seconds * jumped

        time.time = now
        time.localtime = lambda moment=None: local(now() if moment is None else moment)
        time.strftime = lambda form, *moment: written(form, *moment or (time.localtime(),))
        return lambda: struck

    return strike


FULL_DISK = Fault("full disk", _full_disk, levels=_ROOM_KIB)
FAULTS = {
    fault.name: fault
    for fault in (
        Fault("files that cannot grow", _cannot_grow, levels=(0, 1, 4, 8, 16, 32)),
        Fault("read-only repository", _read_only(lambda scene: scene.root)),
        Fault("read-only home", _read_only(lambda scene: scene.home)),
        Fault("failing fsync", _failing("fsync"), counted=True, raises=True),
        Fault("failing rename", _failing("rename", "replace", "link"), counted=True, raises=True),
        Fault("failing write", _halved(fails=True), counted=True, raises=True),
        Fault("short write", _halved(fails=False)),
        Fault("clock a day back", _clock(-_DAY_S), counted=True),
        Fault("clock ten years on", _clock(3652 * _DAY_S), counted=True),
    )
}
