"""Any edit of any file comes back as it was meant, no text breaks a parser, and no path leaves the root."""

import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.agent.edits import (
    EDIT_FORMATS,
    Delete,
    EditError,
    EditFormat,
    FileEdit,
    Replacement,
    Update,
    Write,
    apply,
    parse,
    plan,
)
from assistant.errors import CoderError
from assistant.repo.checkpoints import ABSENT, FileState
from assistant.repo.workspace import Workspace
from tests.agent.edits.answers import answer

PER_EXAMPLE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LINES = st.lists(
    st.sampled_from(
        ["a = 1", "    b(a)", "", "\tc", "-- d", "+++ e", "{", "}", "*** f", "é \x0c x", "g  ", "> h"]
    ),
    min_size=1,
    max_size=12,
)
PIECES = st.sampled_from(
    [
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "*** Begin Patch",
        "*** End Patch",
        "*** Update File: a.py",
        "*** Add File: b",
        "*** Delete File: a.py",
        "*** Move to: c",
        "*** End of File",
        "--- a/a.py",
        "+++ b/a.py",
        "@@ -1 +1 @@",
        "@@",
        "diff --git a/a b/a",
        "rename to x",
        "--- /dev/null",
        "+++ /dev/null",
        "```",
        "```diff",
        "```python a.py",
        "~~~",
        "a.py",
        "+x",
        "-x",
        " x",
        '{"path": "a.py", "old": "x", "new": "y"}',
        '{"edits": [1]}',
        '{"old": ',
        "\\",
        "...",
    ]
)


def text_of(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@PER_EXAMPLE
@given(
    lines=LINES,
    changes=st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["new", "    newer", ""])), min_size=1),
    data=st.data(),
)
@pytest.mark.parametrize("written", EDIT_FORMATS)
def test_edits_come_back_as_meant_or_are_refused(
    tmp_path: Path, written: EditFormat, lines: list[str], changes: list[tuple[int, str]], data: st.DataObject
) -> None:
    new = list(lines)
    for at, line in changes:
        if data.draw(st.booleans()) and at < len(new):
            new[at] = line
        else:
            new.insert(at, line)
    before, after = text_of(lines), text_of(new)
    file = tmp_path / "a.txt"
    file.write_text(before, "utf-8")
    try:
        edits = parse(answer("a.txt", before, after, written).text, known_paths=["a.txt"], format=written)
        apply(plan(edits, Workspace(tmp_path, is_git=False)))
    except EditError:
        assert file.read_text("utf-8") == before
    else:
        assert file.read_text("utf-8") == after


@PER_EXAMPLE
@given(
    text=st.lists(PIECES | st.text(max_size=8), max_size=14).map("\n".join),
    known=st.sampled_from([[], ["a.py"], ["a.py", "b"]]),
)
@example(text='{"a":' * 3000, known=[])
@pytest.mark.parametrize("written", [None, *EDIT_FORMATS])
def test_any_text_is_understood_or_refused(
    written: EditFormat | None, text: str, known: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text("x\n")
    try:
        plan(parse(text, known_paths=known, format=written), Workspace(tmp_path, is_git=False))
    except EditError as error:
        assert error.explained


@pytest.mark.parametrize(
    "path",
    [
        "../out.txt",
        "a/../../out.txt",
        "/etc/hostname",
        "link/out.txt",
        ".git/config",
        ".GIT/hooks/x",
        "",
        ".",
        "a\0b",
        "n" * 300,
        "leaf.txt",
    ],
)
@pytest.mark.parametrize(
    "edit",
    [
        lambda path: Write(path, "x\n"),
        Delete,
        lambda path: Update(path, (Replacement("x\n", "y\n"),)),
        lambda path: Update("a.txt", (), moved_to=path),
    ],
)
def test_no_path_leaves_the_root(path: str, edit: Callable[[str], FileEdit], tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    for folder in (outside, root / ".git"):
        folder.mkdir(parents=True)
    (outside / "out.txt").write_text("x\n")
    (tmp_path / "out.txt").write_text("x\n")
    (root / ".git" / "config").write_text("x\n")
    (root / "a.txt").write_text("x\n")
    (root / "link").symlink_to(outside)
    (root / "leaf.txt").symlink_to(outside / "out.txt")
    with pytest.raises(EditError):
        plan([edit(path)], Workspace(root, is_git=True))


def test_files_are_made_changed_moved_and_deleted_together(tmp_path: Path) -> None:
    (tmp_path / "old.sh").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    (tmp_path / "old.sh").chmod(0o755)
    (tmp_path / "gone.txt").write_text("x\n")
    (tmp_path / "kept.txt").write_text("a\nb\n")
    patch = (
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: deep/er/new.txt\n+hello\n"
        "*** Update File: old.sh\n"
        "*** Move to: bin/new.sh\n@@\n one\n-two\n+2\n*** Delete File: gone.txt\n"
        "*** Update File: kept.txt\n@@\n-a\n+A\n b\n*** End Patch\nEOF\n"
    )
    apply(plan(parse(patch, known_paths=[]), Workspace(tmp_path, is_git=False)))
    files = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert files == {
        "deep/er/new.txt": b"hello\n",
        "bin/new.sh": b"\xef\xbb\xbfone\r\n2\r\n",
        "kept.txt": b"A\nb\n",
    }
    assert stat.S_IMODE((tmp_path / "bin/new.sh").stat().st_mode) == 0o755


@pytest.mark.parametrize("spoilt", ["made.txt", "kept.txt", "gone.txt"])
def test_all_or_none(spoilt: str, tmp_path: Path) -> None:
    """Someone else writes one of the files between the plan and its making."""
    for name in ("kept.txt", "gone.txt"):
        (tmp_path / name).write_text("x\n")
    edits: list[FileEdit] = [
        Write("new/made.txt", "m\n"), Write("made.txt", "m\n"),
        Update("kept.txt", (Replacement("x\n", "y\n"),)),
        Delete("gone.txt"),
    ]  # fmt: skip
    planned = plan(edits, Workspace(tmp_path, is_git=False))
    (tmp_path / spoilt).write_text("theirs\n")
    before = {path: path.read_text() for path in tmp_path.iterdir()}
    recorded: list[object] = []
    with pytest.raises(CoderError):
        apply(planned, recorded.append)
    assert {path: path.read_text() for path in tmp_path.iterdir()} == before
    assert recorded == [], "there is nothing to take back"


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    planned = plan([Write("a/b.txt", "x\n")], Workspace(tmp_path, is_git=False))
    assert list(tmp_path.iterdir()) == []
    assert [(each.old, each.new and each.new.text) for each in planned] == [(None, "x\n")]


@pytest.mark.parametrize("written", ["search-replace", "tool-call"])
def test_lines_that_another_edit_changed_are_not_looked_for_elsewhere(
    tmp_path: Path, written: EditFormat
) -> None:
    file = tmp_path / "a.txt"
    file.write_text(before := "a = 1\na = 1\n\na = 1\n", "utf-8")
    after = "new\na = 1\nnew\na = 1\n\na = 1\n"
    edits = parse(answer("a.txt", before, after, written).text, known_paths=["a.txt"], format=written)
    with pytest.raises(EditError, match="two edits change the same lines"):
        plan(edits, Workspace(tmp_path, is_git=False))


def test_what_will_lie_at_each_path_is_told_before_anything_is_written(tmp_path: Path) -> None:
    for name in ("kept.sh", "gone.txt", "old.txt"):
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o755 if name == "kept.sh" else 0o644)
    edits: list[FileEdit] = [
        Write("made.txt", "m\n"), Delete("gone.txt"), Update("old.txt", (), moved_to="new.txt"),
        Update("kept.sh", (Replacement("x\n", "y\n"),)),
    ]  # fmt: skip
    told: dict[str, tuple[str, bytes, int]] = {}

    def record(states: Mapping[str, FileState]) -> None:
        assert {path.read_text() for path in tmp_path.iterdir()} == {"x\n"}
        told.update({path: (state.kind, state.content, state.mode) for path, state in states.items()})

    apply(plan(edits, Workspace(tmp_path, is_git=False)), record)
    there = {
        path.name: ("file", path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in tmp_path.iterdir()
    }
    absent = ("absent", b"", ABSENT.mode)
    assert told == {**there, "gone.txt": absent, "old.txt": absent}
