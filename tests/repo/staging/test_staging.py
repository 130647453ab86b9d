"""Staging, unstaging and discarding do to index and tree what the chosen lines say, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import RefusedError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.repo.diff import FileDiff, read_diff
from assistant.repo.staging import Choice, Decision, discard, rewrite, stage, take_back, unstage
from tests.repo.repository import git, in_index, new_repository, set_index
from tests.repo.staging.patches import TEXTS, apply_chosen, some_lines

EDITS = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_repository(tmp_path_factory.mktemp("staging") / "repo", a=b"")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repo", a=b"one\ntwo\nthree\n", b=b"b\n")


def changed(root: Path, path: str, *, staged: bool = False) -> FileDiff:
    return next(file for file in read_diff(root, staged=staged).files if file.path == path)


@EDITS
@given(old=TEXTS, new=TEXTS, data=st.data())
def test_the_index_gets_the_chosen_lines(shared: Path, old: bytes, new: bytes, data: st.DataObject) -> None:
    set_index(shared, "a", old)
    (shared / "a").write_bytes(new)
    if old == new:
        return
    file = changed(shared, "a")
    choice = some_lines(file, data)
    decision = stage(shared, file, choice)
    ours = in_index(shared, "a")
    take_back(shared, decision)
    assert in_index(shared, "a") == old
    apply_chosen(shared, "a", file, choice, "--cached")
    assert ours == in_index(shared, "a")
    assert (shared / "a").read_bytes() == new


@EDITS
@given(old=TEXTS, new=TEXTS, data=st.data())
def test_the_chosen_lines_leave_index_and_tree(
    shared: Path, old: bytes, new: bytes, data: st.DataObject
) -> None:
    if old == new:
        return
    set_index(shared, "a", old)
    git(shared, "commit", "--quiet", "--allow-empty", "--message", "old")
    set_index(shared, "a", new)
    file = changed(shared, "a", staged=True)
    choice = some_lines(file, data)
    decision = unstage(shared, file, choice)
    unstaged = in_index(shared, "a")
    take_back(shared, decision)
    assert in_index(shared, "a") == new
    apply_chosen(shared, "a", file, choice, "--cached", "--reverse")
    assert unstaged == in_index(shared, "a")

    set_index(shared, "a", old)
    (shared / "a").write_bytes(new)
    decision = discard(shared, changed(shared, "a"), choice)
    left = (shared / "a").read_bytes()
    take_back(shared, decision)
    assert (shared / "a").read_bytes() == new
    assert left == unstaged


def edit(root: Path) -> None:
    (root / "a").write_bytes(b"one\n2\nthree\nfour\n")


def make_link(root: Path) -> None:
    (root / "a").unlink()
    (root / "a").symlink_to("b")


def intend_to_add(root: Path) -> None:
    (root / "new").write_bytes(b"new\n")
    git(root, "add", "--intent-to-add", "new")


def delete_binary(root: Path) -> None:
    (root / "binary").write_bytes(b"\0")
    git(root, "add", "binary")
    git(root, "commit", "--quiet", "--message", "binary")
    (root / "binary").unlink()


def put_file_for_link(root: Path) -> None:
    (root / "link").symlink_to("a")
    git(root, "add", "link")
    git(root, "commit", "--quiet", "--message", "link")
    (root / "link").unlink()
    (root / "link").write_bytes(b"no link\n")


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "text": ("a", edit),
    "deleted": ("a", lambda r: (r / "a").unlink()),
    "mode": ("a", lambda r: (r / "a").chmod(0o755)),
    "binary": ("a", lambda r: (r / "a").write_bytes(b"\0\r\n")),
    "untracked": ("new", lambda r: (r / "new").write_bytes(b"x")),
    "untracked binary": ("new", lambda r: (r / "new").write_bytes(b"\0")),
    "untracked and empty": ("new", lambda r: (r / "new").touch()),
    "untracked link": ("new", lambda r: (r / "new").symlink_to("b")),
    "intended to add": ("new", intend_to_add),
    "a link in a file's place": ("a", make_link),
    "deleted binary": ("binary", delete_binary),
    "a file in a link's place": ("link", put_file_for_link),
    "odd name": ("é\t\n", lambda r: (r / "é\t\n").write_bytes(b"x\n")),
    "no UTF-8 name": (os.fsdecode(b"\xff"), lambda r: (r / os.fsdecode(b"\xff")).write_bytes(b"x\n")),
}


def snapshot(root: Path) -> tuple[bytes, bytes]:
    """What git tells of the index and of the tree."""
    return git(root, "diff", "--cached", "--binary"), git(root, "status", "--porcelain", "-z")


@pytest.mark.parametrize("what", CHANGES)
def test_a_whole_change_is_staged_unstaged_and_discarded_as_by_git(root: Path, what: str) -> None:
    path, change = CHANGES[what]
    change(root)
    at_first = snapshot(root)
    tree = git(root, "diff", "--binary")
    decision = stage(root, changed(root, path))
    ours = snapshot(root)
    take_back(root, decision)
    assert (snapshot(root), git(root, "diff", "--binary")) == (at_first, tree)
    git(root, "add", "--", path)
    assert ours == snapshot(root)

    staged = changed(root, path, staged=True)
    decision = unstage(root, staged)
    assert not read_diff(root, staged=True).files
    take_back(root, decision)
    assert snapshot(root) == ours

    git(root, "reset", "--quiet")
    decision = discard(root, changed(root, path))
    assert git(root, "status", "--porcelain") == b""
    take_back(root, decision)
    assert git(root, "diff", "--binary") == (b"" if what == "intended to add" else tree)
    assert (root / path).exists() == ("deleted" not in what)


def test_what_is_discarded_comes_back_by_coder_undo(root: Path) -> None:
    edit(root)
    discard(root, changed(root, "a"))
    assert (root / "a").read_bytes() == b"one\ntwo\nthree\n"
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints))
    assert (root / "a").read_bytes() == b"one\n2\nthree\nfour\n"


def test_only_the_mode(root: Path) -> None:
    edit(root)
    (root / "a").chmod(0o750)
    stage(root, changed(root, "a"), Choice(mode=True))
    assert git(root, "diff", "--cached", "--summary") == b" mode change 100644 => 100755 a\n"
    assert in_index(root, "a") == b"one\ntwo\nthree\n"
    unstage(root, changed(root, "a", staged=True), Choice(mode=True))
    discard(root, changed(root, "a"), Choice(mode=True))
    assert (root / "a").stat().st_mode & 0o777 == 0o640
    assert (root / "a").read_bytes() == b"one\n2\nthree\nfour\n"


def test_a_submodule_is_staged_by_its_commit_and_left_to_git_otherwise(root: Path) -> None:
    inner = new_repository(root / "inner", x=b"x\n")
    git(root, "add", "inner")
    git(root, "commit", "--quiet", "--message", "inner")
    git(inner, "commit", "--quiet", "--allow-empty", "--message", "more")
    decision = stage(root, changed(root, "inner"))
    assert git(root, "ls-files", "--stage", "inner").split()[1] == git(inner, "rev-parse", "HEAD").strip()
    take_back(root, decision)
    with pytest.raises(RefusedError, match="is a submodule"):
        discard(root, changed(root, "inner"))


def test_a_rename_is_unstaged_at_both_ends(root: Path) -> None:
    git(root, "mv", "a", "c")
    decision = unstage(root, changed(root, "c", staged=True))
    assert not read_diff(root, staged=True).files
    take_back(root, decision)
    assert changed(root, "c", staged=True).former == "a"


def test_line_endings_that_git_converts_stay(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (root / "a").write_bytes(b"zero\r\none\r\n2\r\nthree\r\n")
    file = changed(root, "a")
    assert (file.added, file.removed) == (2, 1)
    first = Choice(frozenset({(0, 0)}))
    stage(root, file, first)
    assert in_index(root, "a") == b"zero\none\ntwo\nthree\n"
    discard(root, changed(root, "a"))
    assert (root / "a").read_bytes() == b"zero\r\none\r\ntwo\r\nthree\r\n"
    assert git(root, "diff") == b""


def conflict(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "other")
    for branch, word in (("other", b"2"), ("main", b"II")):
        git(root, "checkout", "--quiet", branch)
        (root / "a").write_bytes(b"one\n" + word + b"\nthree\n")
        git(root, "commit", "--quiet", "--all", "--message", branch)
    git(root, "merge", "other", check=False)


def test_a_conflict_is_settled_when_no_marker_is_left(root: Path) -> None:
    conflict(root)
    file = changed(root, "a")
    with pytest.raises(RefusedError, match="conflict markers"):
        stage(root, file)
    with pytest.raises(RefusedError, match="in conflict"):
        discard(root, file)
    (root / "a").write_bytes(b"one\nboth\nthree\n")
    before = git(root, "ls-files", "--stage")
    decision = stage(root, changed(root, "a"))
    assert in_index(root, "a") == b"one\nboth\nthree\n"
    take_back(root, decision)
    assert git(root, "ls-files", "--stage") == before


def filtered(root: Path) -> None:
    (root / ".gitattributes").write_text("a filter=evil\n")
    git(root, "config", "filter.evil.clean", f"touch '{root.parent}/ran'; cat")
    git(root, "config", "filter.evil.smudge", f"touch '{root.parent}/ran'; cat")


@pytest.mark.parametrize("act", [stage, discard])
def test_a_filter_is_not_run(root: Path, act: Callable[[Path, FileDiff], Decision]) -> None:
    filtered(root)
    edit(root)
    with pytest.raises(RefusedError, match="filter"):
        act(root, changed(root, "a"))
    assert not (root.parent / "ran").exists()


def test_an_index_in_use_is_left_alone(root: Path) -> None:
    edit(root)
    file = changed(root, "a")
    lock = root / ".git" / "index.lock"
    lock.touch()
    before = (root / ".git" / "index").read_bytes()
    with pytest.raises(RefusedError, match="Another git command") as refused:
        stage(root, file)
    assert str(lock) in refused.value.hint
    assert (root / ".git" / "index").read_bytes() == before
    lock.unlink()
    stage(root, file)
    assert os.listdir(root / ".git").count("index") == 1  # noqa: PTH208
    assert not [name for name in os.listdir(root / ".git") if "coder" in name or "lock" in name]  # noqa: PTH208


def test_who_comes_between_is_not_overwritten(root: Path) -> None:
    edit(root)
    file = changed(root, "a")
    set_index(root, "a", b"theirs\n")
    with pytest.raises(RefusedError, match="staged differently"):
        stage(root, file)
    assert in_index(root, "a") == b"theirs\n"
    (root / "a").write_bytes(b"mine\n")
    with pytest.raises(RefusedError, match="changed meanwhile"):
        discard(root, file)
    assert (root / "a").read_bytes() == b"mine\n"


@pytest.mark.parametrize("choice", [None, Choice(frozenset({(0, 1)}))], ids=["all", "a line"])
def test_what_is_no_longer_there_is_not_brought_back_and_what_is_there_again_stays(
    root: Path, choice: Choice | None
) -> None:
    edit(root)
    file = changed(root, "a")
    (root / "a").unlink()
    with pytest.raises(RefusedError, match="no longer there"):
        discard(root, file, choice)
    assert not (root / "a").exists()
    file = changed(root, "a")
    (root / "a").write_bytes(b"mine\n")
    with pytest.raises(RefusedError, match="changed meanwhile"):
        discard(root, file, choice)
    assert (root / "a").read_bytes() == b"mine\n"


def test_an_undo_does_not_overwrite_what_came_later(root: Path) -> None:
    edit(root)
    staged = stage(root, changed(root, "a"))
    set_index(root, "a", b"theirs\n")
    with pytest.raises(RefusedError, match="staged differently"):
        take_back(root, staged)
    dropped = discard(root, changed(root, "a"))
    (root / "a").write_bytes(b"mine\n")
    with pytest.raises(RefusedError, match="changed since"):
        take_back(root, dropped)
    assert (in_index(root, "a"), (root / "a").read_bytes()) == (b"theirs\n", b"mine\n")


@pytest.mark.parametrize(
    ("new", "becomes"),
    [
        (b"1\n2\n3\n4\n", b"1\n2\n3\n4\n"),
        (b"", b""),
        (b"no end", b"no end"),
    ],
)
def test_a_hunk_is_edited_in_place(root: Path, new: bytes, becomes: bytes) -> None:
    edit(root)
    decision = rewrite(root, changed(root, "a"), 0, new)
    assert (root / "a").read_bytes() == becomes
    take_back(root, decision)
    assert (root / "a").read_bytes() == b"one\n2\nthree\nfour\n"


def test_the_lines_around_an_edited_hunk_stay(root: Path) -> None:
    body = [b"%d\n" % number for number in range(30)]
    set_index(root, "a", b"".join(body))
    (root / "a").write_bytes(b"".join([*body[:15], b"x\n", *body[16:]]))
    rewrite(root, changed(root, "a"), 0, b"edited")
    assert (root / "a").read_bytes() == b"".join([*body[:12], b"edited\n", *body[19:]])
