"""Shared fixtures: the real embedded model, and a home of its own for every test."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def coder_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's own data, configuration or cache."""
    home = tmp_path_factory.mktemp("coder-home")
    monkeypatch.setenv("CODER_HOME", str(home))
    for name in ("CODER_MODEL", "HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return home
