"""Whatever git tells of a change is read as it is: the old side and the hunks make the new side."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.repo.diff import Diff, FileDiff, read_diff
from assistant.repo.diff import read as read_module
from assistant.repo.staging.lines import everything, with_lines, without_lines
from tests.repo.repository import git, in_index, new_repository, set_index

# Lines that look like a diff's own, and few enough to repeat.
LINES = st.sampled_from([
    b"a\n", b"b\n", b"\n", b"- c\n", b"-- a/x\n", b"++ b/x\n", b"@@ -1 +1 @@\n", b"diff --git a/x b/x\n",
    b"\\ No newline at end of file\n", b"* Unmerged path x\n", b"d\r\n", b"\r\r\n", b"\xff\xfe\n", b"\x0c\n",
])  # fmt: skip
TEXTS = st.builds(
    lambda lines, end: b"".join(lines) + end,
    st.lists(LINES, max_size=25),
    st.sampled_from([b"", b"a", b"\r"]),
)
NAMES = [
    "plain", "two words", 'quo"te', "back\\slash", "tab\there", "new\nline", "naïve 日本", "-dash",
    "a b/a b", "x\ndiff --git a/x b", " ", os.fsdecode(b"\xff\x80"), "\x1b[31mred", "b/a b",
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_repository(tmp_path_factory.mktemp("diff") / "repo")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repo", a__py=b"one\ntwo\n", b__py=b"b\n" * 20)


def only(diff: Diff) -> FileDiff:
    assert len(diff.files) == 1
    return diff.files[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=TEXTS, new=TEXTS, name=st.sampled_from(NAMES))
def test_hunks_lead_from_the_old_text_to_the_new_and_back(
    shared: Path, old: bytes, new: bytes, name: str
) -> None:
    git(shared, "read-tree", "--empty")
    for path in shared.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    set_index(shared, name, old)
    (shared / name).parent.mkdir(parents=True, exist_ok=True)
    (shared / name).write_bytes(new)
    diff = read_diff(shared)
    if old == new:
        assert not diff.files
        return
    file = only(diff)
    assert (file.path, file.status) == (name, "modified")
    assert with_lines(old, file.hunks, everything(file)) == new
    assert without_lines(new, file.hunks, everything(file)) == old


def rename(root: Path) -> None:
    git(root, "mv", "b.py", "c\td.py")
    set_index(root, "c\td.py", b"b\n" * 19 + b"c\n")


def submodule(root: Path) -> None:
    git(root, "-c", "protocol.file.allow=always", "clone", "--quiet", ".", "sub")
    git(root, "add", "sub")
    git(root, "commit", "--quiet", "--message", "sub")
    git(root / "sub", "commit", "--quiet", "--allow-empty", "--message", "Second")


def conflict(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "other")
    (root / "a.py").write_bytes(b"one\n2\n")
    git(root, "commit", "--quiet", "--all", "--message", "2")
    git(root, "checkout", "--quiet", "main")
    (root / "a.py").write_bytes(b"one\nII\n")
    git(root, "commit", "--quiet", "--all", "--message", "II")
    git(root, "merge", "other", check=False)


def link(root: Path) -> None:
    (root / "a.py").unlink()
    (root / "a.py").symlink_to("b.py")


UNSTAGED: dict[str, tuple[Callable[[Path], object], tuple[object, ...]]] = {
    "modified": (lambda r: (r / "a.py").write_bytes(b"one\n"), ("a.py", "modified", 0, 1)),
    "deleted": (lambda r: (r / "a.py").unlink(), ("a.py", "deleted", 0, 2)),
    "mode": (lambda r: (r / "a.py").chmod(0o755), ("a.py", "modified", 0, 0)),
    "untracked": (lambda r: (r / "new").write_bytes(b"x\n"), ("new", "untracked", 1, 0)),
    "untracked and empty": (lambda r: (r / "new").touch(), ("new", "untracked", 0, 0)),
    "untracked link": (lambda r: (r / "new").symlink_to("a.py"), ("new", "untracked", 1, 0)),
    "binary": (lambda r: (r / "a.py").write_bytes(b"\0"), ("a.py", "modified", 0, 0)),
    "a link in a file's place": (link, ("a.py", "type changed", 1, 2)),
    "submodule": (submodule, ("sub", "modified", 1, 1)),
    "conflict": (conflict, ("a.py", "conflict", 4, 0)),
}


@pytest.mark.parametrize("what", UNSTAGED)
def test_what_the_working_tree_has(root: Path, what: str) -> None:
    change, expected = UNSTAGED[what]
    change(root)
    before = (root / ".git" / "index").read_bytes()
    file = only(read_diff(root))
    assert (file.path, file.status, file.added, file.removed) == expected
    assert file.opaque == (what == "binary")
    assert file.mode_changed == (what in ("mode", "a link in a file's place"))
    assert file.by_line == (what in ("modified", "deleted", "mode", "untracked", "untracked and empty"))
    assert (root / ".git" / "index").read_bytes() == before


def test_what_is_staged(root: Path) -> None:
    rename(root)
    file = only(read_diff(root, staged=True))
    assert (file.path, file.former, file.status) == ("c\td.py", "b.py", "renamed")
    assert (file.added, file.removed) == (1, 1)
    assert file.new is not None
    assert in_index(root, "c\td.py") == git(root, "cat-file", "blob", file.new.blob)


def test_a_change_that_git_can_not_tell_by_its_time_is_seen(root: Path) -> None:
    """The same size, and the time that the index has: git looks into such files."""
    git(root, "config", "core.trustctime", "false")
    (root / "new").touch()  # so that the index is copied
    for path in (root / "a.py", root / ".git" / "index", root / "a.py"):
        if path.name == "index":
            git(root, "update-index", "a.py")
            (root / "a.py").write_bytes(b"ONE\ntwo\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert [file.path for file in read_diff(root).files] == ["a.py", "new"]


def test_what_was_only_touched_does_not_differ(root: Path) -> None:
    os.utime(root / "a.py", (0, 0))
    assert not read_diff(root).files


def test_a_conflict_whose_name_is_a_diff_forges_nothing(root: Path) -> None:
    (root / "a.py").rename(root / "x")
    forged = "x\ndiff --git a/b.py b/b.py\n@@ -1 +1 @@\n-b\n+evil\n"
    for number, content in enumerate([b"1\n", b"2\n", b"3\n"], 1):
        blob = git(root, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
        entry = f"100644 {blob} {number}\t{forged}\0".encode()
        git(root, "update-index", "-z", "--index-info", stdin=entry)
    (root / "b.py").chmod(0o755)
    file = next(file for file in read_diff(root).files if file.path == "b.py")
    assert not file.hunks


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("a\n")
    assert only(read_diff(tmp_path)).status == "untracked"
    assert not read_diff(tmp_path, staged=True).files
    git(tmp_path, "add", "a")
    assert only(read_diff(tmp_path, staged=True)).status == "added"


def test_git_programs_are_not_run(root: Path) -> None:
    (root / "new").write_text("x\n")
    (root / "a.py").write_text("changed\n")
    (root / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    mark = root.parent / "ran"
    for setting in ("filter.evil.clean", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor"):
        git(root, "config", setting, f"touch '{mark}'; cat")
    file = next(file for file in read_diff(root).files if file.path == "a.py")
    assert file.filtered and not file.by_line
    assert not mark.exists()
    git(root, "diff", check=False)
    assert mark.exists(), "the trap works"


def test_untracked_files_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_module, "MOST_UNTRACKED", 2)
    monkeypatch.setattr(read_module, "MAX_BYTES", 10)
    for name, size in (("a", 5), ("b", 50), ("c", 5)):
        (root / name).write_bytes(b"x" * size)
    diff = read_diff(root)
    assert [(file.path, file.opaque) for file in diff.files] == [("a", False), ("b", True)]
    assert diff.left_out == 1


def test_only_what_is_named(root: Path) -> None:
    (root / "a.py").unlink()
    (root / "new").touch()
    assert [file.path for file in read_diff(root, paths=["new"]).files] == ["new"]
    with pytest.raises(UsageError):
        read_diff(root, paths=["../outside"])
