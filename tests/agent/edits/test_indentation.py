"""Lines that an edit adds are indented as the file is where that is clear from the lines that both have."""

from pathlib import Path

import pytest

from assistant.agent.edits import EditError
from tests.agent.edits.texts import block, made

# The file, the lines to replace as the model wrote them, its new lines, and the file then; None: refused.
CASES: dict[str, tuple[str, str, str, str | None]] = {
    "two columns for four": (
        "if a:\n    b()\n",
        "if a:\n  b()\n",
        "if a:\n  b()\n  if c:\n    d()\n",
        "if a:\n    b()\n    if c:\n        d()\n",
    ),
    "four columns for a tab": (
        "if a {\n\tb()\n}\n",
        "if a {\n    b()\n}\n",
        "if a {\n    if c {\n        b()\n    }\n}\n",
        "if a {\n\tif c {\n\t\tb()\n\t}\n}\n",
    ),
    "shifted by one level": (
        "class A:\n    def f():\n        pass\n",
        "        def f():\n            pass\n",
        "        def f():\n            pass\n\n        def g():\n            pass\n",
        "class A:\n    def f():\n        pass\n\n    def g():\n        pass\n",
    ),
    "one line, shifted by the file's own unit": (
        "if a:\n    b()\n",
        "b()\n",
        "if c:\n    b()\n",
        "if a:\n    if c:\n        b()\n",
    ),
    "one line at the margin, for a tab": (
        "if a {\n\tb()\n}\n",
        "b()\n",
        "if c {\n    b()\n}\n",
        "if a {\n\tif c {\n\t\tb()\n\t}\n}\n",
    ),
    "one line of spaces, for a tab": (
        "if a {\n\tb()\n}\n",
        "    b()\n",
        "    if c {\n        b()\n    }\n",
        "if a {\n\tif c {\n\t\tb()\n\t}\n}\n",
    ),
    "one line of two columns, for four": (
        "if a:\n    b()\n",
        "  b()\n",
        "  if c:\n   b()\n",
        "if a:\n    if c:\n      b()\n",
    ),
    "a step that is no level of the file": ("if a:\n    b()\n", "b()\n", "if c:\n   b()\n", None),
    "a step that is no level of anything": ("if a {\n\tb()\n}\n", "b()\n", "if c {\n     b()\n}\n", None),
    "two depths for one": ("if a:\n    b()\n        c()\n", "b()\nc()\n", "b()\nd()\nc()\n", None),
    "depths that fit no scale": (
        "a\n  b\n      c\n", "a\n b\n  c\n", "a\n b\n  c\n   d\n", None,
    ),
    "depths that shrink": ("a\n    b\n  c\n", "a\n  b\n    c\n", "a\n  b\n    c\n      d\n", None),
    "half a column": ("a\n b\n  c\n", "a\n  b\n    c\n", "a\n  b\n    c\n     d\n", None),
    "left of the margin": ("a\n  b\n", "    a\n      b\n", "  d\n    a\n      b\n", None),
    "tabs and spaces in one": ("if a {\n\tb()\n}\n", "  b()\n", "  if c {\n \t b()\n  }\n", None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_added_lines_are_indented_as_the_file_is(case: str, tmp_path: Path) -> None:
    before, old, new, after = CASES[case]
    if after is None:
        with pytest.raises(EditError, match="it is not clear how far to indent"):
            made(tmp_path, {"a.txt": before}, block(old, new, "a.txt"))
        assert (tmp_path / "a.txt").read_text() == before
    else:
        assert made(tmp_path, {"a.txt": before}, block(old, new, "a.txt")) == {"a.txt": after}


# The file, the whole of it as the model wrote it, and the file then.
WHOLE: dict[str, tuple[str, str, str]] = {
    "one line of three is moved to the margin": (
        "if a:\n    b()\n    c()\n    d()\n",
        "if a:\n    b()\n    c()\nd()\n",
        "if a:\n    b()\n    c()\nd()\n",
    ),
    "one line of two is moved to the margin": (
        "if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n", "if a:\n    b()\nc()\n",
    ),
    "all are written with two columns": (
        "if a:\n    b()\n    c()\n", "if a:\n  b()\n  d()\n", "if a:\n    b()\n    d()\n",
    ),
    "kept lines of two depths are written at one": (
        "f(\n    a,\n      b,\n)\n", "g(\n\ta,\n\tb,\n)\n", "g(\n    a,\n      b,\n)\n",
    ),
    "blanks behind a line that is kept": ("a()  \nb()\n", "a()\nc()\n", "a()  \nc()\n"),
    "blanks behind lines where the file has none": ("a()\nb()\n", "a()  \nc()  \n", "a()\nc()\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_written_whole_keeps_its_layout(case: str, tmp_path: Path) -> None:
    before, written, after = WHOLE[case]
    assert made(tmp_path, {"a.py": before}, f"a.py\n```\n{written}```\n") == {"a.py": after}
