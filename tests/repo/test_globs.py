"""Globs match as in a .gitignore, and never take long."""

import time

import pytest

from assistant.repo.globs import Glob

MATCHES = {
    "*.py": ("a.py", "src/a.py", "src/deep/a.py"),
    "src/*.py": ("src/a.py",),
    "src/**/a.py": ("src/a.py", "src/deep/a.py", "src/very/deep/a.py"),
    "**/a.py": ("a.py", "src/a.py", "src/deep/a.py"),
    "src": ("src/a.py", "src/deep/a.py"),
    "src/": ("src/a.py",),
    "/src/*.py": ("src/a.py",),
    "./src/a.py": ("src/a.py",),
    "src/**": ("src/a.py", "src/deep/a.py"),
    "test_?.py": ("test_1.py", "tests/test_b.py"),
    "[ab].py": ("a.py", "src/b.py"),
    "*": ("a.py", "src/b.py"),
    "**": ("a.py", "src/b.py"),
}
NO_MATCHES = {
    "*.py": ("a.pyc", "py"),
    "src/*.py": ("src/deep/a.py", "lib/src/a.py", "src.py"),
    "src/**/a.py": ("a.py", "src/b.py", "lib/src/a.py"),
    "src": ("srcs/a.py", "a.src"),
    "test_?.py": ("test_10.py",),
    "[ab].py": ("c.py", "ab.py"),
    "A.py": ("a.py",),
    "": ("a.py",),
    "[": ("a.py",),
}


@pytest.mark.parametrize("pattern", MATCHES)
def test_what_matches(pattern: str) -> None:
    glob = Glob(pattern)
    assert [path for path in MATCHES[pattern] if not glob.matches(path)] == []


@pytest.mark.parametrize("pattern", NO_MATCHES)
def test_what_does_not(pattern: str) -> None:
    glob = Glob(pattern)
    assert [path for path in NO_MATCHES[pattern] if glob.matches(path)] == []


@pytest.mark.parametrize("pattern", ["*a" * 90 + "b", "**/" * 60 + "b", "?*" * 90 + "b", "*a/" * 60 + "b"])
def test_a_pattern_that_nearly_matches_takes_no_time(pattern: str) -> None:
    started = time.monotonic()
    assert not Glob(pattern).matches("/".join(["a" * 250] * 60))
    assert time.monotonic() - started < 2
