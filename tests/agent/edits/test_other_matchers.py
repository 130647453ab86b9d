"""What the tests of aider (`test_editblock.py`) and OpenCode (`edit.test.ts`, `edit.ts`) tell of their
matchers: what they get right is right here, and what they guess is refused. The texts are our own."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.agent.edits import EditError, FileEdit, replace_text
from tests.agent.edits.texts import LONG, block, made

Edits = str | Sequence[FileEdit]
DEEP = "if ready:\n    open()\n    for each in all:\n        send(each)\n    close()\n"
TWICE = "    start()\n    wait()\n    start()\n    stop()\n"
PAIR = "def a():\n    begin()\n    one()\n    end()\n\n\ndef b():\n    begin()\n    two()\n    end()\n"
TELL = block("    log(path)\n", "    tell(path)\n")

RIGHT: dict[str, tuple[str, Edits, str]] = {
    "aider: indentation left out, and kept inside": (
        DEEP,
        block("for each in all:\n    send(each)\n", "for each in some:\n    post(each)\n"),
        DEEP.replace("all", "some").replace("send", "post"),
    ),
    "aider: too little indentation, and a deeper new line": (
        DEEP,
        block(" open()\n for each in all:\n", " open()\n if all:\n     log(all)\n for each in all:\n"),
        DEEP.replace("    for", "    if all:\n        log(all)\n    for"),
    ),
    "aider: a blank line above that the new text has not": (
        DEEP,
        block("\n  open()\n  for each in all:\n", "  unlock()\n  for each in all:\n"),
        DEEP.replace("open", "unlock"),
    ),
    "aider: the name inside of the fence": (
        LONG,
        f"Here it is:\n\n```text\n{TELL}```\n\nDone!\n",
        LONG.replace("log", "tell"),
    ),
    "aider: the name in a fence of its own": (
        LONG,
        f" ```python\na.py\n```\n```python\n{TELL[5:]}```\n",
        LONG.replace("log", "tell"),
    ),
    "aider: dots and no name before the second block": (
        LONG,
        TELL + "\n...\n\n" + block("    check(data)\n", "    test(data)\n")[5:],
        LONG.replace("log", "tell").replace("check", "test"),
    ),
    "aider: no newline behind the last mark": (
        LONG,
        TELL.rstrip("\n"),
        LONG.replace("log", "tell"),
    ),
    "OpenCode: one line becomes two at the end of a file without newline": (
        "a = 1\nb = 2",
        [replace_text("a.py", "b = 2", "b = 3\nc = 4")],
        "a = 1\nb = 3\nc = 4",
    ),
    "OpenCode: the beginning of a file with a byte order mark": (
        "\ufeffa = 1\nb = 2\n",
        [replace_text("a.py", "a = 1", "a = 2")],
        "\ufeffa = 2\nb = 2\n",
    ),
    "OpenCode: line breaks of the other system": (
        LONG,
        [replace_text("a.py", "check(data)\r\n    log(path)", "check(data)\r\n    tell(path)")],
        LONG.replace("log", "tell"),
    ),
    "OpenCode: every occurrence": (
        "old = old + 1\nprint(old)\n",
        [replace_text("a.py", "old", "new", everywhere=True)],
        "new = new + 1\nprint(new)\n",
    ),
    "OpenCode: blanks and blank lines around the text": (
        LONG,
        [replace_text("a.py", "\n\n    log(path)  \n\n", "\n\n    tell(path)\n\n")],
        LONG.replace("log", "tell"),
    ),
    "OpenCode: escaped quotes": (
        'title = "one"\nend = 2\n',
        [replace_text("a.py", 'title = \\"one\\"', 'title = \\"two\\"')],
        'title = "two"\nend = 2\n',
    ),
}

REFUSED: dict[str, tuple[str, Edits, str]] = {
    "aider takes the first of two": (TWICE, block("    start()\n", "    run()\n"), r"line 1, line 3"),
    "aider takes the first of two without indentation": (
        TWICE,
        block("start()\n", "run()\n"),
        r"line 1, line 3",
    ),
    "aider changes a file that is not named, if the text is in it": (
        "x = 1\n",
        TELL,
        r"not in the file",
    ),
    "aider takes a name that resembles one": (
        LONG,
        block("    log(path)\n", "    tell(path)\n", "a_py"),
        r"no file a_py|which file",
    ),
    "OpenCode replaces all between two lines, whatever it is": (
        LONG,
        [replace_text("a.py", "def load(path):\n    return cached(path)\n    return data\n", "pass\n")],
        r"not in the file",
    ),
    "OpenCode takes the more similar of two blocks": (
        PAIR,
        [replace_text("a.py", "    begin()\n    tow_all()\n    end()", "    begin()\n    end()")],
        r"not in the file|2 places",
    ),
    "OpenCode finds what is trimmed inside of words": (
        "max = 10\ny = 2\n",
        [replace_text("a.py", "  x = 1\n", "  x = 2\n")],
        r"not in the file",
    ),
    "OpenCode finds other blanks inside of words": (
        "def f(xyz):\n    return xyz\n",
        [replace_text("a.py", "return   x", "return   y")],
        r"not in the file",
    ),
    "OpenCode overwrites a file where nothing is searched": (
        LONG,
        [replace_text("a.py", "", "x = 1\n")],
        r"exists already",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_they_place_rightly_is_right(name: str, tmp_path: Path) -> None:
    before, edits, after = RIGHT[name]
    assert made(tmp_path, {"a.py": before}, edits) == {"a.py": after}


@pytest.mark.parametrize("name", REFUSED)
def test_what_they_guess_is_refused(name: str, tmp_path: Path) -> None:
    before, edits, reason = REFUSED[name]
    with pytest.raises(EditError, match=reason):
        made(tmp_path, {"a.py": before, "b.py": LONG}, edits)
    assert (tmp_path / "a.py").read_text("utf-8") == before
    assert (tmp_path / "b.py").read_text("utf-8") == LONG
