"""A change keeps the blank lines that nobody asked to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.repo.blank_lines import with_blank_lines_of

OLD = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        ("def a():\n    return 3\n\ndef b():\n    return 2\n", OLD.replace("1", "3")),
        ("def a():\n    return 1\ndef b():\n    return 4\n\n\n", OLD.replace("2", "4")),
        ("\n\ndef a():\n\n    return 1\n\n\ndef b():\n    return 5\n", OLD.replace("2", "5")),
        # A new line between two old ones brings its own blank lines along.
        ("def a():\n    return 1\n\nX = 1\n\ndef b():\n    return 2\n", None),
        ("def a():\n    return 1\n\ndef b():\n    return 2\n", OLD),
    ],
)
def test_blank_lines_are_kept(new: str, kept: str | None) -> None:
    assert with_blank_lines_of(OLD, new) == (kept or new)


TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "  \n"]), max_size=12).map("".join)


@given(TEXT, TEXT)
def test_lines_with_something_on_them_are_never_touched(old: str, new: str) -> None:
    result = with_blank_lines_of(old, new)
    assert [line for line in result.splitlines() if line.strip()] == [
        line for line in new.splitlines() if line.strip()
    ]
