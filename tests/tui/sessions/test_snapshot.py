"""What the sessions look like."""

import os

import pytest
from textual.pilot import Pilot
from textual.theme import Theme

from assistant.agent.session import Sessions
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.sessions.screen import SessionsScreen
from tests.scripted import ScriptedGenerator
from tests.tui.driving import screen, shown, until
from tests.tui.sessions.test_sessions import asked, lines, write
from tests.tui.test_snapshot import Compare, looks, workspace

__all__ = ["workspace"]
_DAY = 1_764_000_000
_TASKS = (
    "Fix the sign in add",
    "What does the scheduler do when no drafter pays, and where is that decided?",
    "日本語の説明を書いて",
)


@pytest.fixture(autouse=True)
def earlier(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sessions of some days."""
    numbers = iter(range(100))
    monkeypatch.setattr("secrets.token_hex", lambda count: f"{next(numbers):04x}")
    monkeypatch.setattr(
        "time.strftime", lambda form, *_: "2025-11-24" if form == "%Y-%m-%d" else "20251124-120000"
    )
    sessions = Sessions(workspace.root)
    for number, task in enumerate(_TASKS):
        id = write(sessions, task, "It is done.")
        (path,) = (path for path in sessions._folder.glob(f"{id}.jsonl"))
        os.utime(path, (_DAY - number * 86_400,) * 2)


@looks
def test_a_session_is_about_to_be_deleted(
    workspace: Workspace, snap_compare: Compare, size: tuple[int, int], theme: Theme
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await until(pilot, lambda: "1b" in shown(pilot, "#model"))
        await pilot.press("f9")
        await until(pilot, lambda: screen(pilot) is SessionsScreen and len(lines(pilot)) == 3)
        await pilot.press("down", "d")
        await until(pilot, lambda: asked(pilot))

    app = CoderApp(workspace, lambda *_: ScriptedGenerator())
    assert snap_compare(app, terminal_size=size, run_before=show)
