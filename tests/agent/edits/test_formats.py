"""What can be said in each format beside changing lines, and what is said wrongly in it."""

import json
from pathlib import Path

import pytest

from assistant.agent.edits import EditError
from tests.agent.edits.texts import block, diff, made, patch

UPDATE = "*** Update File: a.py\n"
A = {"a.py": "x = 1\ny = 2\n"}
TWO = {**A, "b/c.py": "z = 3\n"}


def call(**arguments: object) -> str:
    return json.dumps(arguments)


Files = dict[str, str]
UNDERSTOOD: dict[str, tuple[Files, str, Files]] = {
    "a call with a file's whole text": (
        A, call(path="a.py", content="x = 3\r\ny = 2\r\n"), {"a.py": "x = 3\ny = 2\n"}
    ),
    "a call that is wrapped": (
        A,
        call(name="edit", arguments=call(path="a.py", old="x = 1", new="x = 3")),
        {"a.py": "x = 3\ny = 2\n"},
    ),
    "a call with several edits": (
        A,
        call(path="a.py", edits=[{"old": "x = 1", "new": "x = 3"}, {"search": "y = 2", "replace": "y = 4"}]),
        {"a.py": "x = 3\ny = 4\n"},
    ),
    "a call for every place": (
        {"a.py": "ab = ab\n"}, call(path="a.py", old="ab", new="c", replace_all=True), {"a.py": "c = c\n"}
    ),
    "a diff that deletes": (
        TWO, "--- a/b/c.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-z = 3\n", A
    ),
    "a diff that makes a file": (
        A, "--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+n = 1\n", {**A, "n.py": "n = 1\n"}
    ),
    "a diff that renames": (
        TWO,
        "diff --git a/a.py b/d.py\nsimilarity index 100%\nrename from a.py\nrename to d.py\n",
        {"d.py": A["a.py"], "b/c.py": "z = 3\n"},
    ),
    "a diff that renames and changes": (
        A,
        "diff --git a/a.py b/d.py\nrename from a.py\nrename to d.py\n--- a/a.py\n+++ b/d.py\n"
        "@@ -1 +1 @@\n-x = 1\n+x = 3\n",
        {"d.py": "x = 3\ny = 2\n"},
    ),
    "a diff in a fence that names its file": (
        TWO, "```diff b/c.py\n@@ -1 +1 @@\n-z = 3\n+z = 4\n```\n", {**A, "b/c.py": "z = 4\n"}
    ),
    "a path in the wrong case with too many folders": (
        TWO, patch("@@\n-z = 3\n+z = 4\n", "repo/B/c.py"), {**A, "b/c.py": "z = 4\n"}
    ),
    "a block with the title of its fence": (
        A, '```python title="n.py"\nn = 1\n```\n', {**A, "n.py": "n = 1\n"}
    ),
    "the same edit twice": (A, block("x = 1\n", "x = 3\n") * 2, {"a.py": "x = 3\ny = 2\n"}),
}  # fmt: skip
WRONG: dict[str, tuple[Files, str, str]] = {
    "a call with an edit that is none": (A, call(path="a.py", edits=[1]), "is no JSON object"),
    "a call without a new text": (A, call(path="a.py", edits=[{"old": "x = 1"}]), "lacks its new text"),
    "a call without an old text": (A, call(path="a.py", edits=[{"new": "x = 1"}]), "lacks its old text"),
    "a call that is wrapped and broken": (A, call(name="edit", arguments='{"path": '), "no code block"),
    "a call that names no file of two": (TWO, call(old="x", new="y"), "does not say which file"),
    "a patch without a path": (A, "*** Begin Patch\n*** Update File: \n*** End Patch\n", "names no file"),
    "a patch of nothing": (A, "*** Begin Patch\n*** End Patch\n", "changes no file"),
    "a patch that changes no line": (A, patch("@@\n x = 1\n"), "changes no line of a.py"),
    "a patch with text below a deletion": (
        A, "*** Begin Patch\n*** Delete File: a.py\nx = 1\n*** End Patch\n", "has text below a file to delete"
    ),
    "a patch whose new file has bare lines": (
        A, "*** Begin Patch\n*** Add File: n.py\nn = 1\n*** End Patch\n", r"does not begin with \+"
    ),
    "a patch that is cut off": (A, "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n", "is cut off"),
    "a diff of nothing": (A, "```diff\n x = 1\n```\n", "no diff with a changed line"),
    "a block that does not begin": (
        A, block("x = 1\n", "x\n") + ">>>>>>> REPLACE\n", "ends a block that did not begin"
    ),
    "a block that does not end": (A, "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx\n", "does not end"),
    "a block without a divider": (A, "a.py\n<<<<<<< SEARCH\nx = 1\n>>>>>>> REPLACE\n", "has no lines of"),
    "two dividers": (A, block("x = 1\n=======\n", "x = 3\n"), "has 2 lines of"),
    "a new file that is there": (A, block("", "x = 3\n"), "exists already and is not empty"),
    "a file that is not there": (A, patch("@@\n-q\n+r\n", "zz.py"), "There is no file zz.py"),
    "a change behind a deletion": (
        A, patch("*** Delete File: a.py\n*** Update File: a.py\n@@\n-x = 1\n+x = 3\n").replace(UPDATE, "", 1),
        "is not there any more",
    ),
    "a file written whole behind a change": (
        A, call(path="a.py", old="x = 1", new="x = 3") + call(path="a.py", content="x = 4\n"),
        "changed besides",
    ),
    "a move onto a file that is made": (
        A, patch("*** Add File: n.py\n+n\n*** Update File: a.py\n*** Move to: n.py\n").replace(UPDATE, "", 1),
        "which is changed as well",
    ),
    "a move onto a file that is there": (
        TWO, "*** Begin Patch\n*** Update File: a.py\n*** Move to: b/c.py\n*** End Patch\n", "exists already"
    ),
    "nothing that changes": (A, block("x = 1\n", "x = 1\n"), "changes nothing"),
    "no block at all": (A, "I would change x.", "no code block in the answer"),
    "blocks without names": (A, "```\na\n```\n```\nb\n```\n", "has 2 code blocks, and none names its file"),
    "a block that is open": (A, "a.py\n```\nx = 3\n", "does not end"),
    "an empty block": (A, "a.py\n```\n```\n", "is empty"),
    "a name that may be two": (
        {"a/x.py": "1\n", "b/x.py": "1\n"}, patch("@@\n-1\n+2\n", "x.py"), "may be a/x.py or b/x.py"
    ),
    "a file of a name that is nearly there": (TWO, "c.py\n```\nz = 4\n```\n", "There is no file c.py here"),
    "several failures": (A, block("q = 1\n", "q = 2\n") + block("r = 1\n", "r = 2\n"), "(?s)q = 1.*r = 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_what_is_understood(case: str, tmp_path: Path) -> None:
    before, answer, after = UNDERSTOOD[case]
    assert made(tmp_path, before, answer) == after


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_nothing_done(case: str, tmp_path: Path) -> None:
    files, answer, says = WRONG[case]
    with pytest.raises(EditError, match=says):
        made(tmp_path, files, answer)
    assert {
        path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.py")
    } == files


def test_the_diff_of_another_file_is_told_from_the_next(tmp_path: Path) -> None:
    answer = diff("@@ -1 +1 @@\n-x = 1\n+x = 3\n") + diff("@@ -1 +1 @@\n-z = 3\n+z = 4\n", "b/c.py")
    assert made(tmp_path, TWO, answer) == {"a.py": "x = 3\ny = 2\n", "b/c.py": "z = 4\n"}
