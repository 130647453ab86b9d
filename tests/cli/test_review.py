"""`coder review` says what it needs; the review itself is tested in tests/tui/review."""

from pathlib import Path

import pytest

from assistant.errors import ExitCode
from tests.cli.coder import coder
from tests.repo.repository import new_repository


def test_it_needs_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = coder("review")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "no git repository" in ran.err


def test_it_needs_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(new_repository(tmp_path / "repo", a=b"a\n"))
    ran = coder("review", "--staged")
    assert ran.code == ExitCode.USAGE
    assert "needs a terminal" in ran.err
