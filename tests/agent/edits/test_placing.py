"""What other assistants get right is right here too, and what they are known to apply wrongly is refused.

The cases come from how aider (editblock_coder, udiff_coder), OpenCode (tool/edit), Codex (apply-patch) and
Cline (diff) look for the place of an edit."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.agent.edits import EditError, FileEdit, apply, parse, plan, replace_text
from assistant.repo.workspace import Workspace

TWINS = "def a():\n    x = 1\n    return x\n\n\ndef b():\n    x = 1\n    return x\n"
CLASSES = (
    "class A:\n    def run(self):\n        return 1\n\n\nclass B:\n    def run(self):\n        return 1\n"
)
LONG = """\
def load(path):
    data = read(path)
    check(data)
    log(path)
    store(data)
    return data
"""
PHRASES = "title = “Hello”\nprint(title)\nprint(title)\nend = True\n"
README = "# Use\n\n```sh\nrun me\n```\n\nThat is all.\n"


def block(old: str, new: str, path: str = "a.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def patch(body: str, path: str = "a.py") -> str:
    return f"*** Begin Patch\n*** Update File: {path}\n{body}*** End Patch\n"


def diff(body: str, path: str = "a.py") -> str:
    return f"```diff\n--- a/{path}\n+++ b/{path}\n{body}```\n"


def made(root: Path, files: dict[str, str], answer: str | Sequence[FileEdit]) -> dict[str, str]:
    """The files after the edit."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    edits = parse(answer, known_paths=list(files)) if isinstance(answer, str) else list(answer)
    apply(plan(edits, Workspace(root, is_git=False)))
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in found}


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


def test_all_that_fails_is_said_at_once(tmp_path: Path) -> None:
    answer = block("    no()\n", "    yes()\n") + block("    x = 1\n", "    x = 2\n")
    with pytest.raises(EditError) as raised:
        made(tmp_path, {"a.py": TWINS}, answer)
    assert "not in the file" in raised.value.explained
    assert "2 places" in raised.value.explained
