"""A folder with one file, and proposals that can be decided at once."""

from pathlib import Path

import pytest

from assistant.tui.turn import decision, tool_card
from tests.tui.driving import OLD


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "GRACE_S", 0.0)


@pytest.fixture(autouse=True)
def no_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a call took is not the same twice."""
    monkeypatch.setattr(tool_card, "_WORTH_TELLING_S", 3600.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "calc.py").write_text(OLD)
    return tmp_path
