"""Replace a file so that it is its old self or its new one at any moment, also when the power goes."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

_SUFFIX = ".coder"


def stage(path: Path, content: bytes, mode: int) -> Path:
    """`content` in a temporary file beside `path`, on disk, with this mode and the owner of what is
    there. Raises OSError and leaves nothing behind."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):  # before the mode, of which it takes bits away
            with contextlib.suppress(OSError):
                owner = path.stat()
                os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.chmod(mode)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Let the file at `path` have this content and mode. Raises OSError, the file being as it was then."""
    temporary = stage(path, content, mode)
    try:
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def stage_link(path: Path, target: bytes) -> Path:
    """A symbolic link to `target` under a temporary name beside `path`."""
    temporary = path.with_name(f"{_prefix(path)}{secrets.token_hex(8)}{_SUFFIX}")
    temporary.symlink_to(os.fsdecode(target))
    return temporary


def take_name(temporary: Path, path: Path) -> None:
    """Give what is staged the name `path`. Unlike a rename, a link fails where that is taken; some file
    systems have no links. Raises OSError; the temporary name is gone in any case."""
    try:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise
        except OSError:
            with path.open("xb"):
                pass
            try:
                temporary.replace(path)
            except OSError:
                path.unlink()
                raise
    finally:
        temporary.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what a killed process had staged for `path`."""
    with contextlib.suppress(OSError):
        for name in os.listdir(path.parent):  # noqa: PTH208 - glob would read the prefix as a pattern
            if name.startswith(_prefix(path)) and name.endswith(_SUFFIX):
                (path.parent / name).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename itself durable, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _prefix(path: Path) -> str:
    return f".{path.name[:40]}."
