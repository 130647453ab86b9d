"""Where the work happens, and what is kept of a file before it is changed."""

import stat
from pathlib import Path

import pytest

from assistant.errors import CoderError
from assistant.repo.files import read_source
from assistant.repo.workspace import Workspace, find_workspace


def test_a_repository_is_found_from_a_file_or_folder_deep_inside(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    deep = root / "a" / "b"
    deep.mkdir(parents=True)
    (root / ".git").mkdir()
    (deep / "file.py").touch()
    for start in (root, deep, deep / "file.py", deep / "not-there-yet.py"):
        assert find_workspace(start) == Workspace(root.resolve(), is_git=True)


def test_a_worktree_and_the_innermost_repository_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / ".git").write_text("gitdir: elsewhere\n")
    assert find_workspace(inner).root == inner.resolve()


def test_without_git_the_folder_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "file.py").touch()
    assert find_workspace(tmp_path / "file.py") == Workspace(tmp_path.resolve(), is_git=False)


def test_a_link_leads_to_the_repository_that_the_folder_is_in(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    assert find_workspace(tmp_path / "link").root == root.resolve()


def test_a_backup_keeps_the_bytes_and_never_replaces_another(tmp_path: Path) -> None:
    folder = tmp_path / "work" / ("deep" * 40) / ("deeper" * 40)
    folder.mkdir(parents=True)
    workspace = Workspace(tmp_path / "work", is_git=False)
    kept = []
    for content in (b"one\r\n", b"\xef\xbb\xbftwo\n", b"three\n"):
        (folder / "file.txt").write_bytes(content)
        source = read_source(folder / "file.txt", workspace.root)
        kept.append(workspace.backup(source, tmp_path / "backups"))
        assert kept[-1].read_bytes() == content
    assert len(set(kept)) == 3
    assert {path.name for path in kept} == {"file.txt"}


def test_a_backup_of_a_private_file_is_private(tmp_path: Path) -> None:
    (tmp_path / "secret.env").write_text("KEY=1\n")
    (tmp_path / "secret.env").chmod(0o600)
    source = read_source(tmp_path / "secret.env", tmp_path)
    kept = Workspace(tmp_path, is_git=False).backup(source, tmp_path / "backups")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_backup_that_cannot_be_made_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("text\n")
    (tmp_path / "backups").write_text("no folder")
    source = read_source(tmp_path / "file.txt", tmp_path)
    with pytest.raises(CoderError, match=r"cannot be backed up") as raised:
        Workspace(tmp_path, is_git=False).backup(source, tmp_path / "backups")
    assert "CODER_HOME" in raised.value.hint
