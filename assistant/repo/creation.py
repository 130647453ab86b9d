"""Make and remove a person's files: never over another file, never one that changed since it was read."""

import contextlib
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

from assistant.errors import CoderError, RefusedError
from assistant.repo.anchor import anchored, make_folders
from assistant.repo.atomic import stage, sync_folder, take_name
from assistant.repo.files import SourceFile, check_unchanged, encode, inside

# What `open` gives a file before the umask takes its part.
NEW_FILE_MODE = 0o666


def new_source(path: Path, root: Path, text: str) -> SourceFile:
    """A file that is not there yet, in UTF-8 with LF line endings. Raises RefusedError for a path that
    leaves the root or is taken, UsageError for one that no file can have."""
    real, shown = inside(path, root)
    try:
        real.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    else:
        raise RefusedError(f"{shown} exists already.", hint="Change it instead of making it anew.")
    empty = SourceFile(real, shown, "", b"", "utf-8", b"", "\n", NEW_FILE_MODE)
    return replace(empty, text=text, raw=encode(empty, text))


def mode_on_disk(new: SourceFile) -> int:
    """The mode that `create_source` gives a file."""
    return new.mode & ~umask() if new.mode == NEW_FILE_MODE else new.mode


@cache
def umask() -> int:
    """The permission bits that new files do not get. It can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def create_source(new: SourceFile) -> list[Path]:
    """Write a new file, whole or not at all, and return the folders that had to be made for it, outermost
    first. Raises CoderError and leaves nothing behind where the path is taken or cannot be written."""
    folders = [each for each in reversed(new.path.parents) if not each.exists()]
    try:
        make_folders(new.path.parent)
        with anchored(new.path.parent) as folder:
            place = folder / new.path.name
            take_name(stage(place, new.raw, mode_on_disk(new)), place)
    except OSError as error:
        _remove_empty(folders)
        if isinstance(error, FileExistsError):
            raise RefusedError(f"{new.shown} exists already; it was left alone.") from error
        raise CoderError(f"{new.shown} cannot be written: {error.strerror or error}.") from error
    sync_folder(new.path.parent)
    return folders


def delete_source(old: SourceFile, folders: list[Path] | None = None) -> None:
    """Remove the file, and of `folders` those that are empty then. Raises CoderError where it is not as it
    was read or cannot be removed."""
    check_unchanged(old)
    try:
        with anchored(old.path.parent) as folder:
            (folder / old.path.name).unlink()
    except OSError as error:
        raise CoderError(f"{old.shown} cannot be removed: {error.strerror or error}.") from error
    sync_folder(old.path.parent)
    _remove_empty(folders or [])


def _remove_empty(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()
