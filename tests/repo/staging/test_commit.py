"""A commit says what is staged, and runs a hook only when it may."""

from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.repo.diff import read_diff
from assistant.repo.staging import commit, programs, take_back
from tests.repo.repository import git, new_repository


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_CONFIG_GLOBAL", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    root = new_repository(tmp_path / "repo", a=b"one\n")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    (root / "a").write_text("two\n")
    git(root, "add", "a")
    return root


def hook(root: Path, name: str, script: str, folder: str = ".git/hooks") -> Path:
    path = root / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def message_of(root: Path) -> str:
    return git(root, "log", "-1", "--format=%B").decode().strip()


def test_what_is_staged_is_committed_and_comes_back(root: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    decision = commit(root, "# Two\n\nThe body: é\n")
    assert message_of(root) == "# Two\n\nThe body: é"
    assert "# Two" in decision.title
    assert not read_diff(root, staged=True).files
    take_back(root, decision)
    assert git(root, "rev-parse", "HEAD") == first
    assert [file.path for file in read_diff(root, staged=True).files] == ["a"]


def test_who_commits_may_be_in_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace")
    commit(root, "Two")
    assert git(root, "log", "-1", "--format=%an") == b"Grace\n"


def test_the_first_commit_comes_back_too(tmp_path: Path, root: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "--quiet")
    (fresh / ".git" / "config").write_text((root / ".git" / "config").read_text())
    (fresh / "a").touch()
    git(fresh, "add", "a")
    take_back(fresh, commit(fresh, "First"))
    assert git(fresh, "rev-parse", "--verify", "HEAD", check=False) == b""
    assert len(read_diff(fresh, staged=True).files) == 1


def test_a_commit_that_others_have_built_on_stays(root: Path) -> None:
    decision = commit(root, "Two")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Theirs")
    with pytest.raises(UsageError):
        take_back(root, decision)
    assert message_of(root) == "Theirs"


@pytest.mark.parametrize("folder", [".git/hooks", "evil"])
def test_hooks_are_named_and_run_only_when_trusted(root: Path, folder: str) -> None:
    mark = root.parent / "ran"
    path = hook(root, "pre-commit", f"touch '{mark}'", folder)
    other = hook(root, "post-index-change", f"touch '{mark}'", folder)
    if folder == "evil":
        git(root, "config", "core.hooksPath", "evil")
    mark.unlink(missing_ok=True)
    assert programs(root) == (str(path), str(other))
    take_back(root, commit(root, "Safe"))
    assert not mark.exists()
    commit(root, "Trusted", trusted=True)
    assert mark.exists()
    assert message_of(root) == "Trusted"


def test_a_hook_that_refuses_says_why(root: Path) -> None:
    hook(root, "commit-msg", "echo 'no ticket number'; exit 1")
    with pytest.raises(UsageError, match="no ticket number"):
        commit(root, "Two", trusted=True)
    assert message_of(root) == "First"


def test_signing_is_a_program_too(root: Path) -> None:
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "gpg.program", str(hook(root, "signer", f"touch '{root.parent / 'ran'}'")))
    assert programs(root) == (f"{root}/.git/hooks/signer (commit.gpgSign)",)
    commit(root, "Unsigned")
    assert not (root.parent / "ran").exists()


def test_nothing_to_commit_and_nothing_to_say(root: Path) -> None:
    with pytest.raises(UsageError, match="needs a message"):
        commit(root, " \n")
    commit(root, "Two")
    with pytest.raises(UsageError, match="git commit"):
        commit(root, "Three")


def test_a_merge_is_concluded_and_stays(root: Path) -> None:
    git(root, "commit", "--quiet", "--message", "Two")
    git(root, "checkout", "--quiet", "-b", "other", "HEAD~1")
    (root / "b").touch()
    git(root, "add", "b")
    git(root, "commit", "--quiet", "--message", "b")
    git(root, "merge", "--quiet", "--no-commit", "--no-ff", "main")
    assert commit(root, "Merge").head is None
    assert len(git(root, "rev-parse", "HEAD^1", "HEAD^2").split()) == 2
