"""The words that changed are marked, and none where a line is another one."""

import pytest

from assistant.tui.review.words import changed_words


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("    return a - b", "    return a + b", ["-"], ["+"]),
        ("total = f(a)", "total = f(a, b)", [], [", b"]),
        ("the old red house", "the new blue house", ["old red"], ["new blue"]),
        ("é日本 x", "é日本 y", ["x"], ["y"]),
        ("return result", "import os", [], []),
        ("same", "same", [], []),
        ("", "new", [], []),
        ("a " * 500 + "a", "a " * 500 + "b", ["a"], ["b"]),
        (
            "a " * 999 + "c " * 500 + "d",
            "a " * 999 + "e " * 500 + "d",
            ["c " * 499 + "c"],
            ["e " * 499 + "e"],
        ),
        ("a " * 500, "b " * 500, [], []),
        ("foo(a, a)", "foo(a)", [", a"], []),
    ],
)
def test_changed_words(old: str, new: str, removed: list[str], added: list[str]) -> None:
    gone, come = changed_words(old, new)
    assert [old[start:end] for start, end in gone] == removed
    assert [new[start:end] for start, end in come] == added
