"""The loop where git is in a state of its own: what is asked for is done, and git's own state stays."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
_IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")


def git(root: Path, *arguments: str) -> str:
    command = ["git", *_IDENTITY, *arguments]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True).stdout


def committed(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")


def detached(root: Path) -> None:
    committed(root)
    git(root, "checkout", "-q", "--detach")


def conflicting(root: Path) -> None:
    """A merge that is under way, with a conflict in another file."""
    committed(root)
    for branch, text in (("one", "1\n"), ("two", "2\n")):
        git(root, "checkout", "-q", "-b", branch, "HEAD" if branch == "one" else "HEAD~1")
        (root / "conflict.txt").write_text(text)
        committed(root)
    git(root, "merge", "one")
    assert "<<<<<<<" in (root / "conflict.txt").read_text()


def with_submodule(root: Path) -> None:
    committed(root)
    git(root.parent, "clone", "-q", str(root), "part")
    git(root, "submodule", "--quiet", "add", str(root.parent / "part"), "part")
    assert (root / "part" / "calc.py").exists()


def without_commits(root: Path) -> None:
    assert git(root, "log") == ""


@pytest.mark.parametrize("state", [without_commits, detached, conflicting, with_submodule])
def test_a_task_is_done_and_can_be_taken_back(root: Path, state: Callable[[Path], None]) -> None:
    state(root)
    asked = ("status", "--porcelain"), ("rev-parse", "HEAD"), ("ls-files", "--stage"), ("stash", "list")
    before = [git(root, *question) for question in asked]
    looking = [("list", {}), ("git", {"what": "status"}), ("git", {"what": "log"}), ("git", {"what": "diff"})]
    outcome = Run(root, test=CHECK)(ScriptedGenerator(*script(*looking, FIX, DONE)))
    assert (outcome.status, (root / "calc.py").read_text()) == ("done", FIXED)
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    assert (root / "calc.py").read_text() == BUGGY
    assert [git(root, *question) for question in asked] == before
