"""Hunks give the new text back, and git takes the diff."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.repo.hunks import Hunk, apply_hunks, diff_hunks, unified_diff

# Few different lines, so that they repeat and match in odd places.
LINES = st.sampled_from(["a\n", "b\n", "\n", "  a\n", "é\r\n", "x\x0cy\n", "c\u2028d\r\n"])
ENDS = st.sampled_from(["", "", "a", "b", " ", "\r"])
TEXTS = st.builds(lambda lines, end: "".join(lines) + end, st.lists(LINES, max_size=30), ENDS)
NAMES = [
    "plain.py",
    "folder/two words.py",
    'quo"te.py',
    '"quoted".py',
    "back\\slash.py",
    "tab\there.py",
    "new\nline.py",
    "naïve/日本語.py",
    "it's [odd] {really} #1 $HOME.py",
    "ends with a space ",
    "-dash.py",
]


def git_apply(folder: Path, diff: str) -> None:
    done = subprocess.run(
        ["git", "apply", "-"], cwd=folder, input=diff.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode() + diff


@given(TEXTS, TEXTS)
def test_all_hunks_give_the_new_text(old: str, new: str) -> None:
    assert apply_hunks(old, diff_hunks(old, new)) == new
    assert apply_hunks(old, []) == old


def turned(hunk: Hunk) -> Hunk:
    return Hunk(hunk.new_start, hunk.new_lines, hunk.old_start, hunk.old_lines)


@given(TEXTS, TEXTS, st.data())
def test_some_hunks_are_all_of_them_less_the_others(old: str, new: str, data: st.DataObject) -> None:
    hunks = diff_hunks(old, new)
    kept = [hunk for hunk in hunks if data.draw(st.booleans())]
    others = [hunk for hunk in hunks if hunk not in kept]
    assert apply_hunks(old, kept) == apply_hunks(new, [turned(hunk) for hunk in others])


@given(TEXTS, TEXTS)
def test_hunks_are_apart_in_order_and_true_to_the_old_text(old: str, new: str) -> None:
    hunks = diff_hunks(old, new)
    for hunk in hunks:
        assert hunk.old_lines != hunk.new_lines
        assert apply_hunks(old, [Hunk(hunk.old_start, hunk.old_lines, hunk.new_start, hunk.old_lines)]) == old
    for before, after in pairwise(hunks):
        assert before.old_end < after.old_start


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_git_applies_the_diff_to_the_byte(tmp_path: Path, old: str, new: str, context: int) -> None:
    file = tmp_path / "some.txt"
    file.write_bytes(old.encode())
    diff = unified_diff(old, new, "some.txt", context)
    assert (diff == "") == (old == new)
    if diff:
        git_apply(tmp_path, diff)
    assert file.read_bytes() == new.encode()


@pytest.mark.parametrize("name", NAMES)
def test_git_finds_the_file_whatever_its_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("one\ntwo\nthree")
    git_apply(tmp_path, unified_diff("one\ntwo\nthree", "one\n2\nthree\n", name))
    assert file.read_text() == "one\n2\nthree\n"


def test_the_diff_is_what_git_itself_would_write(tmp_path: Path) -> None:
    old = "".join(f"line {i}\n" for i in range(40))
    new = (
        old.replace("line 3\n", "line three\n")
        .replace("line 9\n", "")
        .replace("line 30\n", "line 30\nmore\n")
    )
    (tmp_path / "old").write_text(old)
    (tmp_path / "new").write_text(new)
    git = ["git", "-c", "diff.noprefix=false", "diff", "--no-index", "--no-color", "old", "new"]
    done = subprocess.run(git, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1

    def body(diff: str) -> list[str]:
        """Without the text that git repeats after the ranges."""
        lines = [line for line in diff.splitlines() if line[:1] in "@ +-" and line[:3] not in ("+++", "---")]
        return [line[: line.index("@@", 2) + 2] if line.startswith("@@") else line for line in lines]

    assert body(unified_diff(old, new, "old")) == body(done.stdout)
