"""What aider, OpenCode, Codex and Cline are known to place wrongly is refused, with the reason."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.agent.edits import EDIT_FORMATS, EditError, EditFormat, FileEdit, parse, replace_text
from tests.agent.edits.texts import LONG, PHRASES, TWINS, block, diff, made, patch

REFUSED: dict[str, tuple[str, str | Sequence[FileEdit], str]] = {
    "two equal places": (TWINS, block("    x = 1\n", "    x = 2\n"), r"2 places: line 2, line 7"),
    "two places but for indentation": (
        "if a:\n    go()\nif b:\n        go()\n",
        block("go()\n", "stop()\n"),
        r"line 2, line 4",
    ),
    "two places within lines": (
        "max = 10\nx = 1\n",
        [replace_text("a.py", "x = 1", "x = 2")],
        r"line 1, line 2",
    ),
    "a block that ends and did not begin": (
        LONG,
        "Here:\na.py\n>>>>>>> REPLACE\n" + block("    log(path)\n", "    tell(path)\n"),
        r"Line 3 of the answer ends a block that did not begin",
    ),
    "a block that does not end": (
        LONG,
        "Here:\n" + block("    log(path)\n", "    tell(path)\n").rpartition(">>>>>>>")[0],
        r"The block in line 3 of the answer does not end",
    ),
    "two equal places below the scope and none in it": (
        "def a():\n    pass\n\n\n" + TWINS.replace("a()", "c()"),
        patch("@@ def a():\n-    x = 1\n+    x = 2\n"),
        r"line 6, line 11",
    ),
    "five equal places": ("x = 1\ny = 2\n" * 5, block("x = 1\n", "x = 2\n"), r"line 7, line 9\."),
    "many equal places": ("x = 1\ny = 2\n" * 8, block("x = 1\n", "x = 2\n"), r"line 7, line 9 and 3 more\."),
    "two lines that resemble two of the file": (
        LONG,
        block("    stores(data)\n    returns data\n", "    returns data\n"),
        r"not in the file",
    ),
    "two places of several lines, within lines": (
        "f(a,\n  b)\n\ng(a,\n  b)\n",
        [replace_text("a.py", "(a,\n  b", "(b,\n  a")],
        r"lines 1-2, lines 4-5",
    ),
    "a whole file indented in neither way": (
        "if a:\n\tb()\n\tc()\n",
        "a.py\n```\nif a:\n    b()\n    c()\n   d()\n```\n",
        r"line 4 in neither clearly: d\(\)",
    ),
    "two equal places for a patch": (
        TWINS,
        patch("@@\n     x = 1\n-    return x\n+    return -x\n"),
        r"lines 2-3, lines 7-8",
    ),
    "two equal places and a wrong number": (
        TWINS,
        diff("@@ -4,2 +4,2 @@\n     x = 1\n-    return x\n+    return -x\n"),
        r"2 places",
    ),
    "numbers of one who cannot count": (
        TWINS,
        diff("@@ -7,9 +7,9 @@\n     x = 1\n-    return x\n+    return -x\n"),
        r"2 places",
    ),
    "two places that resemble it": (
        TWINS.replace("x\n\n", "x  # a\n\n"),
        block("def c():\n    x = 1\n    return x\n", "def c():\n    x = 2\n    return x\n"),
        r"resembles 2 places",
    ),
    "first and last line of something longer": (
        LONG,
        block("def load(path):\n    pass\n    return data\n", "def load(path):\n    return None\n"),
        r"not in the file",
    ),
    "first and last line and another middle": (
        LONG,
        block("    data = read(path)\n    verify(everything, twice)\n    log(path)\n", "    log(path)\n"),
        r"nearest is lines 2-4",
    ),
    "half of the lines between": (
        LONG,
        block(
            "def load(path):\n    data = read(path)\n    x()\n    y = 12\n    store(data)\n    return data\n",
            "pass\n",
        ),
        r"similarity \d+ %",
    ),
    "a line that goes is another": (
        LONG + "\n\nlimit = timeout_of(path, 30)\n",
        block(
            "    store(data)\n    return data\n\n\nlimit = deadline_for(path)\n",
            "    store(data)\n    return data\n",
        ),
        r"not in the file",
    ),
    "an empty search in a file with text": (LONG, block("", "x = 1\n"), r"exists already"),
    "an empty old text": (LONG, [replace_text("a.py", "", "x = 1\n")], r"exists already"),
    "dots on one side": (
        LONG,
        block(
            "def load(path):\n    return data\n",
            "def load(path):\n    # ... existing code ...\n    return data\n",
        ),
        r"not written out",
    ),
    "dots without a partner": (
        LONG,
        block("def load(path):\n...\n    return data\n", "    return data\n"),
        r"not the same",
    ),
    "dots with new lines beside nothing": (
        LONG,
        block("...\n    return data\n", "x = 1\n...\n    return data\n"),
        r"where to put",
    ),
    "a divider that is a part of the file": (
        "Title\n=======\nText\n",
        block("Title\n=======\n", "Name\n=======\n"),
        r"2|3 lines",
    ),
    "lines added nowhere": (LONG, patch("@@ def load(path):\n+    x = 1\n"), r"where the new lines belong"),
    "everywhere, in words too": (
        "x = max\ny = x\n",
        [replace_text("a.py", "x", "z", everywhere=True)],
        r"longer words, such as in line 1",
    ),
    "everywhere, but not exactly": (
        TWINS,
        [replace_text("a.py", "x  = 1", "x = 2", everywhere=True)],
        r"not in the file",
    ),
    "a place above the scope": (TWINS, patch("@@ def b():\n def a():\n-    x = 1\n+    x = 2\n"), r"above"),
    "typography that would be lost": (
        PHRASES,
        patch('@@\n-title = "Hello"\n+title = "Bye"\n print(title)\n'),
        r"typographic",
    ),
    "nothing new": (LONG, block("    log(path)\n", "    log(path)\n"), r"changes nothing"),
    "made already": (LONG, block("    tell(path)\n", "    log(path)\n"), r"there already, in line 4"),
    "indentation that could be either": (
        "if a:\n    if b:\n        x()\n        y()\n",
        block("if b:\nx()\ny()\n", "if b:\nx()\nz()\nif c:\ny()\n"),
        r"parse|how far to indent",
    ),
    "a name that is nearly one": (
        LONG,
        block("    log(path)\n", "    tell(path)\n", "aa.py"),
        r"no file aa.py",
    ),
    "a new file in the place of another": (
        LONG,
        "*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch\n",
        r"exists already",
    ),
    "a file to delete that is not there": (
        LONG,
        "*** Begin Patch\n*** Delete File: b.py\n*** End Patch\n",
        r"no file b.py",
    ),
    "entities in the new lines only": (
        LONG,
        block("    log(path)\n", "    log(path &lt; 1)\n"),
        r"HTML entities",
    ),
    "half of a surrogate pair in the whole file": (
        LONG,
        "a.py\n```\n" + LONG.replace("check(data)", "'\ud83d'") + "```\n",
        r"has no '\\ud83d'",
    ),
    "half of a surrogate pair, not placed exactly": (
        LONG,
        block("  log(path)\n", "  '\ud83d'\n"),
        r"has no '\\ud83d'",
    ),
    "a diff that ends within a hunk": (
        LONG,
        "```diff\n--- a/a.py\n+++ b/a.py\n@@ -2,3 +2,3 @@\n     data = read(path)\n-    check(data)\n+    te",
        r"cut off",
    ),
    "one of two edits": (
        LONG,
        block("    log(path)\n", "    tell(path)\n") + block("    no()\n", "    yes()\n"),
        r"not in the file",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    before, answer, reason = REFUSED[name]
    with pytest.raises(EditError, match=reason):
        made(tmp_path, {"a.py": before}, answer)
    assert (tmp_path / "a.py").read_text("utf-8") == before


@pytest.mark.parametrize("written", EDIT_FORMATS)
def test_an_answer_in_another_form_than_was_asked_for_is_refused(written: EditFormat) -> None:
    with pytest.raises(EditError):
        parse("I would rename it.", known_paths=["a.py", "b.py"], format=written)


def test_all_that_fails_is_said_at_once(tmp_path: Path) -> None:
    answer = block("    no()\n", "    yes()\n") + block("    x = 1\n", "    x = 2\n")
    with pytest.raises(EditError) as raised:
        made(tmp_path, {"a.py": TWINS}, answer)
    assert "not in the file" in raised.value.explained
    assert "2 places" in raised.value.explained


def test_of_what_is_not_there_and_what_is_nearest_the_first_lines_are_shown(tmp_path: Path) -> None:
    sought = "".join(f"value_{i} = sought({i})\n" for i in range(15))
    there = "".join(f"value_{i} = here({i})\n" for i in range(15))
    with pytest.raises(EditError) as raised:
        made(tmp_path, {"a.py": f"import x\n{there}"}, block(sought, "y = 1\n"))
    told = raised.value.message
    assert "    value_11 = sought(11)\n    (3 more lines)\n" in told and "sought(12)" not in told
    assert "The nearest is lines 2-16 (similarity 7" in told
    assert "    2 value_0 = here(0)\n" in told and told.endswith("   13 value_11 = here(11)")


@pytest.mark.parametrize(
    "answer",
    [
        f"```diff\n--- a/a.py\n+++ b/a.py\n@@ -{'9' * 5000} +1 @@\n-x = 1\n+x = 2\n```\n",
        f"```diff\n--- a/a.py\n+++ b/a.py\n@@ -1,{'9' * 5000} +1 @@\n-x = 1\n+x = 2",
        block(f"{'9' * 5000} | y = 1\n", "y = 2\n"),
        f"a.py\n```\n{'9' * 5000}\n```\n",
    ],
)
def test_numbers_that_no_line_has_are_no_fault(answer: str, tmp_path: Path) -> None:
    try:
        made(tmp_path, {"a.py": "x = 1\n"}, answer)
    except EditError as error:
        assert error.explained
