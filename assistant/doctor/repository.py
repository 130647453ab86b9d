"""git, the repository here, and what confines the commands that a model proposes."""

import shutil
import subprocess
import sys
from pathlib import Path

from assistant.doctor.check import Check
from assistant.errors import CoderError

_TIMEOUT_S = 1.0


def git() -> Check:
    found = shutil.which("git")
    if found is None:
        return Check("git", "warning", "not found: coder works on single folders", "Install git.")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=_TIMEOUT_S)
    if version.returncode:
        return Check("git", "failed", version.stderr.strip() or "it does not run", "Install git anew.")
    return Check("git", "ok", f"{version.stdout.strip().removeprefix('git version ')}, {found}")


def work_tree() -> Check:
    """Whether git reads the repository that we are in, which it refuses where another user owns it."""
    from assistant.repo.git import log
    from assistant.repo.workspace import find_workspace

    name = "work tree"
    try:
        workspace = find_workspace(Path())
    except CoderError as error:
        return Check(name, "warning", error.message, error.hint)
    if not workspace.is_git:
        return Check(name, "ok", f"{workspace.root} is in none: coder works on this folder alone", "git init")
    try:
        log(workspace.root, limit=1)
    except CoderError as error:
        if "dubious ownership" in error.message:
            mend = f"git config --global --add safe.directory '{workspace.root}'"
            return Check(name, "warning", f"{workspace.root} belongs to another user: git refuses it", mend)
        if "does not have any commits yet" not in error.message:
            return Check(name, "warning", error.message, error.hint or "git fsck")
    return Check(name, "ok", str(workspace.root))


def sandbox() -> Check:
    from assistant.agent.confine import confinement

    found = confinement()
    name = "sandbox"
    if found.writes and found.network:
        return Check(name, "ok", f"{found.kind} confines a proposed command. {found.note}")
    on_linux = sys.platform.startswith("linux")
    mend = "Install bubblewrap, such as: sudo apt install bubblewrap" if on_linux else ""
    return Check(name, "warning", found.note, mend or "Read each proposed command before you consent.")
