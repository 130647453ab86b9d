"""What aider, OpenCode, Codex and Cline place rightly is placed rightly here too."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.agent.edits import FileEdit, parse, plan, replace_text
from assistant.repo.workspace import Workspace
from tests.agent.edits.texts import CLASSES, LONG, PHRASES, README, TWINS, block, diff, made, patch

RIGHT: dict[str, tuple[str, str | Sequence[FileEdit], str]] = {
    "a blank line before the searched lines": (
        TWINS,
        block("\ndef a():\n    x = 1\n", "\ndef a():\n    x = 2\n"),
        TWINS.replace("1", "2", 1),
    ),
    "no indentation in old and new": (
        CLASSES,
        block("class A:\ndef run(self):\nreturn 1\n", "class A:\ndef run(self):\nreturn 2\n"),
        CLASSES.replace("1", "2", 1),
    ),
    "a deeper line than any that was searched": (
        "class A:\n    def run(self):\n        return 1\n",
        block(
            "def run(self):\n    return 1\n", "def run(self):\n    if self:\n        return 1\n    return 2\n"
        ),
        "class A:\n    def run(self):\n        if self:\n            return 1\n        return 2\n",
    ),
    "two columns where the file has tabs": (
        "func f() {\n\tif a {\n\t\tb()\n\t}\n}\n",
        block("  if a {\n    b()\n  }\n", "  if a {\n    if c {\n      b()\n    }\n  }\n", "a.go"),
        "func f() {\n\tif a {\n\t\tif c {\n\t\t\tb()\n\t\t}\n\t}\n}\n",
    ),
    "dots for lines between": (
        LONG,
        block("def load(path):\n...\n    return data\n", "def load(path):\n...\n    return data or None\n"),
        LONG.replace("return data", "return data or None"),
    ),
    "dots that are Python": (
        "class P:\n    def f(self) -> int: ...\n",
        block("    def f(self) -> int: ...\n", "    def f(self) -> str:\n        ...\n"),
        "class P:\n    def f(self) -> str:\n        ...\n",
    ),
    "a fenced block that belongs to the file": (
        README,
        block("```sh\nrun me\n```\n", "```sh\nrun me twice\n```\n", "a.md"),
        README.replace("run me", "run me twice"),
    ),
    "the same block twice": (
        LONG,
        block("    log(path)\n", "    log(path)\n    log(path)\n") * 2,
        LONG.replace("    log(path)\n", "    log(path)\n" * 2),
    ),
    "a block that needs the one before it": (
        LONG,
        block("    log(path)\n", "    note(path)\n") + block("    note(path)\n", "    tell(path)\n"),
        LONG.replace("log", "tell"),
    ),
    "a scope whose neighbour has the same lines": (
        CLASSES,
        patch("@@ class A:\n-        return 1\n+        return 2\n"),
        CLASSES.replace("1", "2", 1),
    ),
    "a line number that a hunk above it has moved": (
        TWINS,
        diff(
            "@@ -1,1 +1,3 @@\n+# one\n+# two\n def a():\n"
            "@@ -7,2 +9,2 @@\n     x = 1\n-    return x\n+    return -x\n"
        ),
        "# one\n# two\n" + TWINS[: TWINS.rindex("return x")] + "return -x\n",
    ),
    "spaces within lines": (
        LONG,
        block(
            "    data   =  read( path )\n".replace("( ", "(").replace(" )", ")"), "    data = open(path)\n"
        ),
        LONG.replace("read", "open"),
    ),
    "escapes for newlines": (
        LONG,
        [replace_text("a.py", "check(data)\\n    log(path)", "check(data)\\n    tell(path)")],
        LONG.replace("log", "tell"),
    ),
    "a part of a line": (
        LONG,
        [replace_text("a.py", "read(path)", "read(path, 1)")],
        LONG.replace("read(path)", "read(path, 1)"),
    ),
    "a line less": (LONG, [replace_text("a.py", "    log(path)", "")], LONG.replace("    log(path)\n", "")),
    "a newline in the old text only": (
        LONG,
        [replace_text("a.py", "    log(path)\n", "    log(1)")],
        LONG.replace("log(path)", "log(1)"),
    ),
    "every occurrence": (TWINS, [replace_text("a.py", "x", "y", everywhere=True)], TWINS.replace("x", "y")),
    "signs that regular expressions know": (
        LONG,
        [replace_text("a.py", "log(path)", r"log('$& \1 \g<0> $1')")],
        LONG.replace("log(path)", r"log('$& \1 \g<0> $1')"),
    ),
    "plain quotes for the file's typographic ones": (
        PHRASES,
        patch('@@\n title = "Hello"\n-print(title)\n+print(title + "!")\n'),
        PHRASES.replace("print(title)", 'print(title + "!")', 1),
    ),
    "one of two equal places, by its scope": (
        CLASSES,
        patch("@@ class B:\n     def run(self):\n-        return 1\n+        return 2\n"),
        CLASSES[:-2] + "2\n",
    ),
    "scopes in one another": (
        CLASSES,
        patch("@@ class B:\n@@     def run(self):\n-        return 1\n+        return 2\n"),
        CLASSES[:-2] + "2\n",
    ),
    "a scope that is also the first line": (
        TWINS,
        patch("@@ def b():\n def b():\n-    x = 1\n+    x = 2\n"),
        TWINS[:-20] + TWINS[-20:].replace("1", "2"),
    ),
    "the one of two at the end of the file": (
        TWINS,
        patch("@@\n     x = 1\n-    return x\n+    return -x\n*** End of File\n"),
        TWINS[:-2] + "-x\n",
    ),
    "lines added at the end of the file": (TWINS, patch("@@\n+b()\n*** End of File\n"), TWINS + "b()\n"),
    "numbers that are right": (
        TWINS,
        diff("@@ -7,2 +7,2 @@\n     x = 1\n-    return x\n+    return -x\n"),
        TWINS[:-2] + "-x\n",
    ),
    "a removed line that begins with dashes": (
        "a = 1\n-- note\nb = 2\n",
        diff("@@ -1,3 +1,2 @@\n a = 1\n--- note\n b = 2\n", "a.sql"),
        "a = 1\nb = 2\n",
    ),
    "blank lines that the edit does not have": (
        LONG.replace("\n    log", "\n\n    log"),
        block(
            "    check(data)\n    log(path)\n    store(data)\n",
            "    check(data)\n    tell(path)\n    store(data)\n",
        ),
        LONG.replace("\n    log", "\n\n    tell"),
    ),
    "entities in quotes": (
        LONG,
        block("    log(path)\n", "    log('&lt;' + path)\n"),
        LONG.replace("log(path)", "log('&lt;' + path)"),
    ),
    "the last line has no newline": ("a = 1\nb = 2", block("b = 2\n", "b = 3\n"), "a = 1\nb = 3"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, tmp_path: Path) -> None:
    before, answer, after = RIGHT[name]
    path = next(
        (f"a.{end}" for end in ("go", "md", "sql") if isinstance(answer, str) and f"a.{end}" in answer),
        "a.py",
    )
    assert made(tmp_path, {path: before}, answer) == {path: after}


@pytest.mark.parametrize("title", ["b.py\n", "`b.py`:\n\n", "b.py\n\n```python\n"])
def test_a_block_is_for_the_file_that_is_named_above_it(title: str, tmp_path: Path) -> None:
    answer = title + block("    log(path)\n", "    tell(path)\n").partition("\n")[2]
    after = made(tmp_path, {"a.py": LONG, "b.py": LONG}, answer)
    assert after == {"a.py": LONG, "b.py": LONG.replace("log", "tell")}


@pytest.mark.parametrize(
    ("before", "old", "note"),
    [
        (LONG, "    log(path)\n", None),
        (LONG, "    log(path)  \n    store(data)\n", "a.py:4: not placed exactly (trailing whitespace)"),
        (LONG, "log(path)\n", "a.py:4: not placed exactly (indentation)"),
        (LONG, "    log(path)\n\n    store(data)\n", "a.py:4: not placed exactly (blank lines)"),
        (LONG, "4 |     log(path)\n5 |     store(data)\n", "a.py:4: not placed exactly (disguise)"),
        (PHRASES, 'title = "Hello"\nprint(title)\n', "a.py:1: not placed exactly (typography)"),
        (LONG, "    check(data)\n...\n    store(data)\n", "a.py:3: not placed exactly (elided lines)"),
        (
            LONG,
            "    check(data)\n    log(path)\n    store(data)\n    return datas\n",
            "a.py:3: not placed exactly (similarity 0.99)",
        ),
    ],
)
def test_what_was_not_placed_exactly_is_noted_with_its_line(
    before: str, old: str, note: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(before, "utf-8")
    edits = parse(block(old, f"{old}end()\n"), known_paths=["a.py"])
    (change,) = plan(edits, Workspace(tmp_path, is_git=False))
    assert change.notes == ((note,) if note else ())
