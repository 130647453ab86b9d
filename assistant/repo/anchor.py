"""Hold on to a folder, so that no link takes its place between the check of a path and its use.

Paths are resolved once and checked; another program, such as a server that is confined to the repository,
could swap a folder for a link afterwards and let us write where it may not itself. So the folder is opened
step by step without following links (openat2(2) calls it RESOLVE_NO_SYMLINKS), and used by its descriptor.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import RefusedError

_DESCRIPTORS = Path("/proc/self/fd")
_STEP = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_PATH", os.O_RDONLY)


@contextmanager
def anchored(folder: Path) -> Iterator[Path]:
    """A path of `folder`, which is absolute and resolved, that leads there whatever is renamed meanwhile.
    Raises RefusedError where a link has taken the place of a part of it, OSError where it is gone.

    Where the system has no such paths it is looked for links here, and the folder used by its name."""
    if not (os.open in os.supports_dir_fd and _DESCRIPTORS.is_dir()):
        if folder.resolve() != folder:
            raise _swapped(folder)
        yield folder
        return
    handle = _open(folder)
    try:
        yield _DESCRIPTORS / str(handle)
    finally:
        os.close(handle)


def make_folders(folder: Path) -> None:
    """Make `folder`, and those above it, where they are missing. Raises as `anchored` does."""
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            with anchored(each.parent) as above:
                (above / each.name).mkdir(exist_ok=True)


def _open(folder: Path) -> int:
    handle = os.open(folder.anchor, _STEP)
    for part in folder.parts[1:]:
        above = handle
        try:
            handle = os.open(part, _STEP, dir_fd=above)
        except NotADirectoryError as error:  # so it is with O_NOFOLLOW for a link to a folder, too
            raise _swapped(folder) from error
        finally:
            os.close(above)
    return handle


def _swapped(folder: Path) -> RefusedError:
    return RefusedError(
        f"A link or a file has taken the place of {folder}, or of a folder above it; nothing was done there.",
        hint="Something else is changing the repository. Look at it, and try again.",
    )
