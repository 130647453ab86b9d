"""`coder` with a scripted model in the place of a loaded one."""

from pathlib import Path

import pytest

from assistant.cli import setup
from tests.scripted import ScriptedGenerator


@pytest.fixture
def model(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the model answers, one after the other."""
    answers: list[str] = []
    monkeypatch.chdir(root)
    monkeypatch.setattr(setup, "load_generator", lambda *args, **options: ScriptedGenerator(*answers))
    return answers
