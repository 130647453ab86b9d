"""Ignore files are read as git reads them, in bounded time, and whatever is in them."""

import time
from pathlib import Path

import pytest

from assistant.repo.ignore import IgnoreRules
from tests.repo.repository import git

FILES = (
    "a", "b", "a.py", "#a", "a ", "a]", "ab", "c/a", "c/b", "c/d/a.py", "c/d/e/a", "[a", "a*", "ü.py",
)  # fmt: skip
IGNORES = (
    "a", "/a", "c/a", "c/", "c/*", "c/**", "**/a", "c/**/a", "c/**/d", "**", "*", "*/", "a/", "?", "[ab]",
    "[!a]", "[^a]", "[b-a]", "[]a]", "a[]]", "[a", "a]", "\\#a", "#a", "\\a", "a\\", "a\\*", "a\\ ", "a ",
    "[]", "[!]", "[a-a-b]", "[-a]", "./a", "//a", "a//", "!", "", "/", "*\n!a", "*\n!c/\n!a", "c\n!c/a",
    "c/*\n!c/d", "c/**\n!c/d\n!c/d/*", "!*\nc", "a\r\nb", "a\x0cb", "\ufeffa", "*a*\n!ab", "*.py", "[\\]a]",
    "[a-]*", "c/d/**/a", "a**", "**a/b", "ü*", "***", "***/a", "c/***/a", "c/***", "c/****\n!c/d",
    "c/***a", "c**/a", "c**/e/a", "c/d**/a", "c/d***/a.py", "?**/a", "c*/d**/a", "c**",
)  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ignoring")
    git(root, "init", "--quiet")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("text", IGNORES)
def test_what_git_ignores(text: str, repository: Path) -> None:
    (repository / ".gitignore").write_bytes(text.encode())
    listed = git(repository, "ls-files", "-z", "--others", "--exclude-standard").decode().split("\0")
    rules = IgnoreRules(repository, [".gitignore"])
    assert [path for path in FILES if not rules.ignores(path)] == [path for path in FILES if path in listed]


@pytest.mark.parametrize("pattern", ["*a" * 90 + "b", "**/" * 60 + "b", "?*" * 90 + "b", " " * 90_000 + "x"])
def test_a_pattern_that_nearly_matches_takes_no_time(pattern: str, tmp_path: Path) -> None:
    (tmp_path / ".coderignore").write_text(pattern)
    started = time.process_time()
    assert not IgnoreRules(tmp_path, [".coderignore"]).ignores("/".join(["a" * 250] * 60))
    assert time.process_time() - started < 5


def test_folders_may_lie_as_deep_as_they_like(tmp_path: Path) -> None:
    (tmp_path / ".coderignore").write_text("secret\n")
    rules = IgnoreRules(tmp_path, [".coderignore"])
    assert rules.ignores("a/" * 1500 + "secret")
    assert rules.ignores("secret/" + "a/" * 1500 + "a")
    assert not rules.ignores("a/" * 1500 + "a")
