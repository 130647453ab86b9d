"""What lies at a path: a file, a link or nothing; read as it is, and brought back as it was."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from assistant.errors import CoderError, RefusedError
from assistant.repo.anchor import anchored, make_folders
from assistant.repo.atomic import stage, stage_link, sync_folder
from assistant.repo.git_folder import belongs_to_git

MAX_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class FileState:
    """`content` are a file's bytes or a link's target, `mode` a file's permission bits."""

    kind: Literal["absent", "file", "link"]
    content: bytes = b""
    mode: int = 0

    @cached_property
    def digest(self) -> str:
        """Equal for equal states and no others."""
        return hashlib.sha256(f"{self.kind} {self.mode:o}\0".encode() + self.content).hexdigest()


ABSENT = FileState("absent")


def read_state(root: Path, path: str) -> FileState:
    """What lies at `path`, relative to `root`. Raises RefusedError for what cannot be kept: a folder, a
    device, a huge file, a path that leaves the root."""
    place = locate(root, path)
    try:
        with anchored(place.parent) as folder:
            return _state_of(folder / place.name, path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror or error}.") from error


def _state_of(place: Path, path: str) -> FileState:
    found = place.lstat()
    if stat.S_ISLNK(found.st_mode):
        return FileState("link", os.fsencode(place.readlink()))
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError(f"{path} is neither a file nor a link.", hint="Only these can be put back.")
    if found.st_size > MAX_FILE_BYTES:
        raise RefusedError(
            f"{path} is too large to be kept: {found.st_size:,} bytes, at most {MAX_FILE_BYTES:,}.",
            hint="It was not changed, for that could not be taken back.",
        )
    return FileState("file", place.read_bytes(), stat.S_IMODE(found.st_mode))


def write_states(root: Path, wanted: Mapping[str, FileState], expected: Mapping[str, FileState]) -> None:
    """Bring these paths to the wanted states, each at once, where they are still as expected. Folders are
    made where they are missing. Raises RefusedError or CoderError; what was brought by then stays."""
    with contextlib.ExitStack() as held:
        path = ""
        try:
            staged: dict[str, tuple[Path | None, Path]] = {}
            for path, state in wanted.items():
                folder = locate(root, path).parent
                if state.kind != "absent":
                    make_folders(folder)
                elif not folder.is_dir():
                    continue
                place = held.enter_context(anchored(folder)) / Path(path).name
                temporary = _staged(place, state) if state.kind != "absent" else None
                staged[path] = temporary, place
                if temporary:
                    held.callback(temporary.unlink, missing_ok=True)
            for path in wanted:
                if read_state(root, path) != expected[path]:
                    raise RefusedError(f"{path} is being changed by something else; it was left alone.")
                if path in staged:
                    temporary, place = staged[path]
                    temporary.replace(place) if temporary else place.unlink(missing_ok=True)
                sync_folder(locate(root, path).parent)
        except OSError as error:
            raise CoderError(f"{path} cannot be put back: {error.strerror or error}.") from error


def missing_folders(root: Path, path: str) -> int:
    """How many folders have to be made for a file at `path`."""
    folders = locate(root, path).relative_to(root).parents
    return sum(not (root / folder).is_dir() for folder in folders)


def remove_empty_folders(root: Path, path: str, count: int) -> None:
    """Remove the `count` folders above `path`, as far as nothing is in them."""
    with contextlib.suppress(OSError):
        for folder in list(locate(root, path).parents)[:count]:
            folder.rmdir()


def locate(root: Path, path: str) -> Path:
    """The place of `path` in `root`. Raises RefusedError where it leaves the root, also by a link that
    has taken the place of a folder, or belongs to git."""
    place = root / path
    parts = Path(path).parts
    if ".." in parts or Path(path).is_absolute() or not parts or belongs_to_git(Path(path), root):
        raise RefusedError(f"{path} is no file of this repository.")
    try:
        followed = place.parent.resolve()
    except (OSError, RuntimeError) as error:
        raise RefusedError(f"{path} cannot be followed: {error}.") from error
    if followed != place.parent:
        raise RefusedError(f"{path} lies behind a link now.", hint=f"Its folder leads to {followed}.")
    return place


def _staged(place: Path, state: FileState) -> Path:
    if state.kind == "link":
        return stage_link(place, state.content)
    return stage(place, state.content, state.mode)
