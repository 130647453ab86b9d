"""The demo's repository."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli.demo_command import FILE, TEST_FILE, make_repository


def test_it_has_a_bug_that_its_test_finds_and_nothing_uncommitted(tmp_path: Path) -> None:
    make_repository(tmp_path)
    test = subprocess.run([sys.executable, TEST_FILE], cwd=tmp_path, capture_output=True, text=True)
    assert test.returncode == 1 and "FAILED (failures=1)" in test.stderr
    status = ["git", "status", "--porcelain", "--untracked-files=no"]
    assert subprocess.run(status, cwd=tmp_path, capture_output=True, check=True).stdout == b""


def test_without_git_it_is_a_plain_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    make_repository(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {FILE, TEST_FILE}
    assert "git is not installed" in capsys.readouterr().err
