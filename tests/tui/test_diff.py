"""What a unified diff shows of each file."""

import pytest

from assistant.repo.hunks import unified_diff
from assistant.tui.diff import files_in

LONG = "".join(f"line {number}\n" for number in range(1, 31))


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ("a\n", "b\n", ["removed 1 a", "added 1 b"]),
        ("", "a\n", ["added 1 a"]),
        ("-- a\n++ b\n", "++ c\n", ["removed 1 -- a", "removed 2 ++ b", "added 1 ++ c"]),
        ("a", "a\n", ["removed 1 a", "hunk 0 no newline at the end", "added 1 a"]),
        ("a\n\nc\n", "a\n\nd\n", ["context 1 a", "context 2 ", "removed 3 c", "added 3 d"]),
        ("\\ a\n", "@@ -1,1 +1,1 @@\n", ["removed 1 \\ a", "added 1 @@ -1,1 +1,1 @@"]),
    ],
)
def test_rows(old: str, new: str, rows: list[str]) -> None:
    (file,) = files_in(unified_diff(old, new, "a.txt"))
    assert [f"{row.kind} {row.number} {row.text}" for row in file.rows] == rows


def test_files_and_gaps() -> None:
    changed = LONG.replace("line 2\n", "").replace("line 30\n", "end\n")
    names = ["a b.txt", 'odd "name"\x1b.py', "plain.py"]
    files = files_in("".join(unified_diff(LONG, changed, name) for name in names))
    assert [file.name for file in files] == names
    assert {file.counts for file in files} == {"+1 −2"}
    assert [row.kind for row in files[0].rows].count("hunk") == 1
    assert files[0].rows[-1].number == 29
    assert files_in("") == []
