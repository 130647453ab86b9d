"""Where coder keeps things: room on the disk, and who may write there."""

import os
import shutil
import stat
from pathlib import Path

from assistant.catalog.locations import cache_folder, config_folder, data_folder
from assistant.doctor.check import Check
from assistant.sizes import as_size

_FEW, _TOO_FEW = 8e9, 0.5e9  # bytes: the recommended pair takes 5 GB, a repair some MB
_ELSEWHERE = "Set CODER_HOME to a folder that is yours to write."


def disk() -> Check:
    folder = data_folder()
    free = shutil.disk_usage(_existing(folder)).free
    found = f"{as_size(free)} free for {folder}"
    if free >= _FEW:
        return Check("disk", "ok", found)
    mend = "Make room, or set CODER_HOME to a folder on another disk."
    return Check("disk", "failed" if free < _TOO_FEW else "warning", found, mend)


def folders() -> Check:
    """The folders need not be there: what counts is that they can be made."""
    name = "folders"
    all_folders = (data_folder(), cache_folder(), config_folder())
    for folder in all_folders:
        existing = _existing(folder)
        if not existing.is_dir():
            return Check(name, "failed", f"{existing} is no folder", _ELSEWHERE)
        if not os.access(existing, os.W_OK | os.X_OK):
            return Check(name, "failed", f"{existing} cannot be written", _ELSEWHERE)
    open_to_all = [folder for folder in all_folders if folder.is_dir() and _others_write(folder)]
    if open_to_all:
        listed = " ".join(map(str, open_to_all))
        return Check(name, "warning", f"other users may write in {listed}", f"chmod o-w {listed}")
    home = os.environ.get("CODER_HOME")
    return Check(name, "ok", "can be written" + (f", below CODER_HOME={home}" if home else ""))


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _others_write(folder: Path) -> bool:
    return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)
