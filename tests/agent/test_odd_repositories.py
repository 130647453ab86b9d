"""The loop where git is in a state of its own: what is asked for is done, and git's own state stays."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.edits import EditFormat
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


def conflicting(root: Path, name: str = "conflict.txt", conflict: str = "") -> None:
    """A merge that is under way, with a conflict in a file."""
    git(root, "checkout", "-q", "-b", "base")
    (root / name).write_text(BUGGY.replace("a - b", "a"))
    committed(root)
    for branch, sign in (("one", "sum((a, b))"), ("two", "a - b")):
        git(root, "checkout", "-q", "-b", branch, "base")
        (root / name).write_text(BUGGY.replace("a - b", sign))
        committed(root)
    git(root, "merge", "one")
    assert conflict in (now := (root / name).read_text()) and "<<<<<<<" in now


def with_submodule(root: Path) -> None:
    committed(root)
    git(root.parent, "clone", "-q", str(root), "part")
    git(root, "submodule", "--quiet", "add", str(root.parent / "part"), "part")
    assert (root / "part" / "calc.py").exists()


def without_commits(root: Path) -> None:
    assert git(root, "log") == ""


def in_a_worktree(root: Path) -> None:
    """Where `.git` is a file, and what is checked out lies elsewhere."""
    committed(root)
    git(root, "checkout", "-q", "--detach")
    main = root.rename(root.parent / "main")
    git(main, "worktree", "add", "-q", "-b", "other", str(root))
    assert (root / ".git").is_file()


@pytest.mark.parametrize("state", [without_commits, detached, conflicting, with_submodule, in_a_worktree])
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


def test_a_file_in_a_submodule_is_changed_and_taken_back(root: Path) -> None:
    with_submodule(root)
    before = git(root / "part", "status", "--porcelain"), (root / "part" / ".git").read_bytes()
    edit = ("edit", {**FIX[1], "path": "part/calc.py"})
    own = ("write", {"path": "part/.git", "text": "gitdir: /tmp\n"})
    run = Run(root)
    outcome = run(ScriptedGenerator(*script(("read", {"path": "part/calc.py"}), edit, own, DONE)))
    assert (outcome.status, outcome.changed) == ("done", ("part/calc.py",)), run.told
    assert "belongs to git" in run.told[-2]
    assert ((root / "part" / "calc.py").read_text(), (root / "calc.py").read_text()) == (FIXED, BUGGY)
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
    after = git(root / "part", "status", "--porcelain"), (root / "part" / ".git").read_bytes()
    assert after == before


CONFLICT = """def add(a, b):
<<<<<<< HEAD
    return a - b
=======
    return sum((a, b))
>>>>>>> one
"""
MARKED = f"calc.py\n<<<<<<< SEARCH\n{CONFLICT}=======\n{FIXED}>>>>>>> REPLACE\n"
UNMARKED = "--- a/calc.py\n+++ b/calc.py\n@@ -1,6 +1,2 @@\n" + "".join(
    f"{'-' if line not in FIXED else ' '}{line}" for line in CONFLICT.splitlines(keepends=True)
).replace(" def add(a, b):\n", " def add(a, b):\n+    return a + b\n")


@pytest.mark.parametrize(
    ("call", "written", "resolved"),
    [
        (("edit", {"path": "calc.py", "old": CONFLICT, "new": FIXED}), None, True),
        (("write", {"path": "calc.py", "text": FIXED}), "whole", True),
        (("patch", {"text": UNMARKED}), "udiff", True),
        (("patch", {"text": MARKED}), "search-replace", False),  # its marks are those of the conflict
    ],
)
def test_a_conflict_is_resolved_in_the_file_and_left_to_git_in_the_index(
    root: Path, call: tuple[str, dict[str, Any]], written: EditFormat | None, resolved: bool
) -> None:
    conflicting(root, "calc.py", CONFLICT)
    index = git(root, "ls-files", "--stage", "--unmerged")
    assert index.count("calc.py") == 3
    run = Run(root, test=CHECK if resolved else None)
    outcome = run(ScriptedGenerator(*script(call, DONE), edit_format=written))
    assert outcome.status == "done"
    assert (root / "calc.py").read_text() == (FIXED if resolved else CONFLICT), run.told
    assert resolved or "write the whole file" in run.told[0]
    assert git(root, "ls-files", "--stage", "--unmerged") == index
    if resolved:
        checkpoints = open_checkpoints(root)
        apply_undo(checkpoints, plan_undo(checkpoints, turn=outcome.turn))
        assert (root / "calc.py").read_text() == CONFLICT
