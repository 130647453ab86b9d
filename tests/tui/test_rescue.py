"""Conversations that a closed terminal cut off."""

from pathlib import Path

import pytest

from assistant.tui.record import Record
from assistant.tui.rescue import keep, take_untold


def test_two_that_are_closed_in_one_second_are_both_kept(
    coder_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a terminal of two panes, or a clock that went back."""
    monkeypatch.setattr("time.strftime", lambda form: "20261125-120000")
    for text in ("one", "two"):
        keep([Record("user", text)])
    kept = "".join(path.read_text() for path in take_untold())
    assert "one" in kept and "two" in kept
    assert take_untold() == []
