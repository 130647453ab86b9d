"""Where the work happens."""

import subprocess
from pathlib import Path

import pytest

from assistant.errors import RefusedError
from assistant.repo.workspace import Workspace, find_workspace, holds_secrets


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


def test_a_bare_repository_is_no_place_to_work_in(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "bare"], cwd=tmp_path, check=True)
    subprocess.run(["git", "init", "-q", "work"], cwd=tmp_path, check=True)
    for place in ("bare", "bare/HEAD", "bare/hooks"):
        with pytest.raises(RefusedError, match="bare"):
            find_workspace(tmp_path / place)
    assert find_workspace(tmp_path / "work" / ".git" / "hooks").root == (tmp_path / "work").resolve()


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (".env", True),
        ("a/.ENV", True),
        (".env.local", True),
        (".env.example", False),
        ("server.pem", True),
        ("id_rsa", True),
        ("id_ed25519.pub", False),
        ("id_map.py", False),
        ("secrets.yaml", True),
        ("environment.py", False),
        ("keys.go", False),
        ("monkey", False),
    ],
)
def test_files_with_secrets_are_known_by_their_names(path: str, secret: bool) -> None:
    assert holds_secrets(path) == secret
