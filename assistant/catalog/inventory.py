"""What lies in the models folder: which models each file belongs to, and what no model needs."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.checksum import record_of, recorded, sha256_of
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest, load_manifests
from assistant.catalog.places import lock_of, workplace_of
from assistant.errors import ModelError

_PART = ".part"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`models` are those on this machine that it is a file of. `partial` is what an interrupted pull left;
    `busy` that a pull works on it now."""

    path: Path
    size: int
    models: tuple[str, ...] = ()
    partial: bool = False
    busy: bool = False

    @property
    def unused(self) -> bool:
        return not self.models and not self.busy


def inventory() -> tuple[StoredFile, ...]:
    """Every model file, by path. Raises UsageError for a broken manifest."""
    users = _users()
    paths = sorted(path for path in models_folder().glob("**/*") if path.suffix in (".gguf", _PART))
    return tuple(_stored(path, users) for path in paths if path.is_file())


def files_to_remove(manifest: Manifest) -> tuple[tuple[StoredFile, ...], tuple[StoredFile, ...]]:
    """What of a model would go, and what would stay because another model needs it."""
    places = {place for selection in manifest.selections() for _, place in selection.places}
    if manifest.target is None:
        places = {embedded.prepared_path()}
    own = [file for file in inventory() if file.path in places or _place_of_part(file.path) in places]
    shared = [file for file in own if set(file.models) - {manifest.name}]
    return tuple(file for file in own if file not in shared), tuple(shared)


def remove(files: Iterable[StoredFile]) -> int:
    """Delete the files with what was written down of them, and folders that this empties; return the bytes
    that this frees. Raises ModelError where one cannot be deleted, or a pull works on it."""
    freed = 0
    for file in files:
        if file.busy:
            raise ModelError(
                f"A pull of {file.path.name} is under way.", hint="Wait for it, or end it first."
            )
        try:
            file.path.unlink(missing_ok=True)
            record_of(file.path).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"{file.path} cannot be deleted: {error.strerror or error}.") from error
        freed += file.size
        _drop_empty(file.path.parent)
    return freed


def is_sound(path: Path, expected: str | None, progress: Callable[[int], None]) -> bool | None:
    """Whether the SHA-256 of the file at `path` is the `expected` one, or else the one written down when it
    came; None where neither is known. `progress` gets the bytes read. Raises ModelError."""
    known = expected or recorded(path)
    try:
        return None if known is None else sha256_of(path, progress) == known
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error


def _users() -> dict[Path, tuple[str, ...]]:
    users: dict[Path, tuple[str, ...]] = {embedded.prepared_path(): (embedded.NAME,)}
    for manifest in load_manifests().values():
        here = (selection for selection in manifest.selections() if selection.here)
        for place in {place for selection in here for _, place in selection.places}:
            users[place] = (*users.get(place, ()), manifest.name)
    return users


def _stored(path: Path, users: dict[Path, tuple[str, ...]]) -> StoredFile:
    partial = path.suffix == _PART
    size = path.stat().st_size
    return StoredFile(path, size, users.get(path, ()), partial, partial and _busy(_place_of_part(path)))


def _place_of_part(path: Path) -> Path:
    """Where a part goes once it is whole; the path itself for what is no part."""
    if path.suffix != _PART:
        return path
    return path.parent.parent / path.name.removesuffix(_PART).rpartition(".")[0]


def _busy(place: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(lock_of(place), timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _drop_empty(folder: Path) -> None:
    """Folders below the models folder. A lock alone is nothing that fills one."""
    while folder.is_relative_to(models_folder()) and folder != models_folder():
        workplace = workplace_of(folder / "any")
        if any(
            path.suffix != ".lock" for path in (*folder.glob("*"), *workplace.glob("*")) if path != workplace
        ):
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder = folder.parent
