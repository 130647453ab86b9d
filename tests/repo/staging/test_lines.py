"""For any two texts and any choice among their changed lines the result is the one of `git apply`."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import RefusedError
from assistant.repo.diff import FileDiff, Hunk, Line, parse_diff
from assistant.repo.staging import Choice
from assistant.repo.staging.lines import with_lines, without_lines
from tests.repo.repository import git
from tests.repo.staging.patches import TEXTS, apply_chosen, some_lines

ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def difference(folder: Path, old: bytes, new: bytes) -> FileDiff:
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)
    options = ["--no-index", "--patch-with-raw", "--full-index", "--no-abbrev"]
    output = git(folder, "diff", *options, "old", "new", check=False)
    return parse_diff(output.replace(b"b/new\n", b"b/old\n"))[0]  # as within a repository: one name


@ANY
@given(old=TEXTS, new=TEXTS, data=st.data())
def test_chosen_lines(tmp_path: Path, old: bytes, new: bytes, data: st.DataObject) -> None:
    if old == new:
        return
    file = difference(tmp_path, old, new)
    choice = some_lines(file, data)
    for base, options, ours in (
        (old, [], with_lines(old, file.hunks, choice)),
        (new, ["--reverse"], without_lines(new, file.hunks, choice)),
    ):
        (tmp_path / "old").write_bytes(base)
        apply_chosen(tmp_path, "old", file, choice, *options)
        assert ours == (tmp_path / "old").read_bytes()


@ANY
@given(old=TEXTS, new=TEXTS, data=st.data())
def test_carriage_returns_that_only_the_tree_has(
    tmp_path: Path, old: bytes, new: bytes, data: st.DataObject
) -> None:
    old, new = old.replace(b"\r", b""), new.replace(b"\r", b"")
    if old == new:
        return
    file = difference(tmp_path, old, new)
    choice = some_lines(file, data)
    in_tree = without_lines(new.replace(b"\n", b"\r\n"), file.hunks, choice, crlf=True)
    assert in_tree == without_lines(new, file.hunks, choice).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("text", [b"", b"a\n", b"a\nB\n", b"a\nb"])
def test_a_text_that_the_hunks_do_not_fit(text: bytes) -> None:
    hunk = Hunk(0, 0, (Line("context", b"a\n"), Line("removed", b"b\n")))
    with pytest.raises(RefusedError, match="changed meanwhile"):
        with_lines(text, [hunk], Choice())
