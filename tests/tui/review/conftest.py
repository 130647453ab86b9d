"""The review looks at the repository when a test wants it to."""

import pytest

from assistant.tui.review import browser


@pytest.fixture(autouse=True)
def look_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "LOOKS_EVERY_S", 3600.0)
