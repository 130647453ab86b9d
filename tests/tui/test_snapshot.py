"""What the app looks like at 80x24."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.tui.app import CoderApp
from assistant.tui.prompt import Prompt
from assistant.tui.proposal import Proposal
from tests.scripted import ScriptedGenerator
from tests.tui.test_app import FIX, OLD, until


def test_a_proposed_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snap_compare: Callable[..., bool]
) -> None:
    (tmp_path / "calc.py").write_text(OLD)
    # The folder is shown at the top, and a temporary one has another name every time.
    monkeypatch.setattr(CoderApp, "shown_root", property(lambda _: "~/calculator"))
    app = CoderApp(tmp_path, lambda _: ScriptedGenerator(FIX))

    async def ask(pilot: Pilot[None]) -> None:
        prompt = pilot.app.query_one(Prompt)
        prompt.cursor_blink = False
        prompt.insert("add is wrong, fix @calc.py")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))

    assert snap_compare(app, terminal_size=(80, 24), run_before=ask)
