"""Shared fixtures: the real embedded model, and a home of its own for every test."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def coder_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's own data, configuration or cache."""
    home = tmp_path_factory.mktemp("coder-home")
    for name in [name for name in os.environ if name.startswith(("CODER_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CODER_HOME", str(home))
    return home
