"""A repository, and files with settings in it and in the user's folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.config.load import repository_file, user_file

Write = Callable[[str], Path]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def user() -> Write:
    return lambda text: _written(user_file(), text)


@pytest.fixture
def repository(root: Path) -> Write:
    return lambda text: _written(repository_file(root), text)


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
