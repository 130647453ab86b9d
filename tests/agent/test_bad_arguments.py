"""Arguments that lie, for each tool that looks around: they are refused with a reason, and nothing hangs."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.agent.agent_run import DONE, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]

OUTSIDE = "lies outside"
LIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "list outside": ("list", {"path": "../"}, OUTSIDE),
    "list outside by a link": ("list", {"path": "link"}, OUTSIDE),
    "list a null byte": ("list", {"path": "a\0b"}, "path: String should match"),
    "list a file": ("list", {"path": "calc.py"}, "There is no folder calc.py"),
    "list git's own": ("list", {"path": ".git"}, "belongs to git"),
    "grep outside": ("grep", {"pattern": "TOKEN", "path": "../.."}, OUTSIDE),
    "grep outside by a link": ("grep", {"pattern": "hunter", "path": "link"}, OUTSIDE),
    "grep what is no expression": ("grep", {"pattern": "(["}, "grep"),
    "grep an option": ("grep", {"pattern": "--open-files-in-pager=touch pwned"}, "Nothing matches"),
    "grep a null byte": ("grep", {"pattern": "a\0b"}, "pattern: String should match"),
    "grep for ever": ("grep", {"pattern": "(a*)*(a*)*(a*)*%"}, "Nothing matches"),
    "find outside": ("find", {"pattern": "../*"}, "No file of"),
    "find for ever": ("find", {"pattern": "*a" * 90 + "b"}, "No file of"),
    "find a line break": ("find", {"pattern": "a\n*"}, "pattern: String should match"),
    "git outside": ("git", {"what": "diff", "path": "../x"}, OUTSIDE),
    "git an order that writes": ("git", {"what": "push"}, "what: Input should be"),
    "git an option as revision": ("git", {"what": "diff", "revision": "--no-index"}, "is no revision"),
    "git a null byte": ("git", {"what": "show", "revision": "HEAD\0"}, "revision: String should match"),
    "read a null byte": ("read", {"path": "a\0"}, "path: String should match"),
    "read no lines": ("read", {"path": "calc.py", "lines": 0}, "greater than or equal to 1"),
    "read not a number": ("read", {"path": "calc.py", "first": "many"}, "first: Input should be"),
    "read infinitely far": ("read", {"path": "calc.py", "first": float("inf")}, "first: Input should be"),
    "edit nothing": ("edit", {"path": "calc.py", "old": "", "new": "x"}, "old: String should have"),
    "edit outside": ("edit", {"path": "../secret", "old": "hunter2", "new": "x"}, OUTSIDE),
    "edit a name too long": ("edit", {"path": "n" * 300, "old": "a", "new": "b"}, "There is no file"),
    "write a name too long": ("write", {"path": "n" * 300, "text": ""}, "cannot be followed"),
    "write a line break": ("write", {"path": "a\nb", "text": ""}, "path: String should match"),
    "write over a folder": ("write", {"path": "src", "text": ""}, "src"),
    "write below a file": ("write", {"path": "calc.py/x", "text": ""}, "calc.py"),
    "todo without end": ("todo", {"items": ["x"] * 1000}, "items: List should have at most"),
    "a deep argument": ("read", {"path": [[[[[[]]]]]]}, "path: Input should be a valid string"),
}


@pytest.mark.parametrize("lie", LIES)
def test_it_is_refused_and_nothing_hangs(root: Path, lie: str) -> None:
    (root.parent / "secret").write_text("hunter2")
    (root / "link").symlink_to(root.parent)
    (root / ("a" * 200)).write_text("a" * 5000)
    before = _files(root)
    name, arguments, told = LIES[lie]
    run = Run(root)
    started = time.monotonic()
    outcome = run(ScriptedGenerator(*script((name, arguments), DONE)))
    assert time.monotonic() - started < 10
    assert outcome.status == "done"
    assert told in run.told[0]
    assert "hunter2" not in run.told[0]
    assert _files(root) == before


def _files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.parent.rglob("*") if path.is_file()}
