"""What every screen looks like: in three sizes, dark and light, each after the window was resized to it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.repo.workspace import Workspace
from assistant.tui import status as status_module
from assistant.tui.app import CoderApp
from assistant.tui.generation import Load
from assistant.tui.theme import DARK, LIGHT
from assistant.tui.too_small import TooSmall
from tests.tui.driving import OLD, small_model, until
from tests.tui.screens import SCREENS
from tests.tui.showing import Screen

SIZES = ((80, 24), (120, 40), (200, 60))


@pytest.fixture
def app_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Load], CoderApp]:
    root = tmp_path / "calculator"
    root.mkdir()
    (root / "calc.py").write_text(OLD)
    # A temporary folder has another name every time.
    monkeypatch.setattr(CoderApp, "shown_root", property(lambda _: "~/calculator"))
    monkeypatch.setattr(status_module, "_memory", lambda: 1_200_000_000)
    return lambda load: CoderApp(Workspace(root, is_git=True), load)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_every_screen(
    screen: Screen,
    app_of: Callable[[Load], CoderApp],
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CoderApp, "_keep_theme", lambda *_: None)
    app = app_of(screen.load())
    screen.prepare(app._workspace, monkeypatch)
    different = []
    async with app.run_test(size=SIZES[0]) as pilot:
        await screen.show(pilot)
        for size in SIZES:
            for theme in (DARK, LIGHT):
                look = f"{size[0]}x{size[1]} {theme.name.removeprefix('coder-')}"
                await _wear(pilot, size, theme.name)
                picture = app.export_screenshot()
                if picture != snapshot(name=look, extension_class=SVGImageExtension):
                    different.append(look)
    assert not different, "if that is meant: --snapshot-update, and look at the pictures"


async def test_too_small(app_of: Callable[[Load], CoderApp], snapshot: SnapshotAssertion) -> None:
    app = app_of(lambda *_: small_model())
    async with app.run_test(size=(50, 12)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        picture = app.export_screenshot()
    same = picture == snapshot(extension_class=SVGImageExtension)
    assert same, "if that is meant: --snapshot-update, and look at the picture"


async def _wear(pilot: Pilot[None], size: tuple[int, int], theme: str) -> None:
    pilot.app.theme = theme
    await pilot.resize_terminal(*size)
    # Textual dresses no palette anew that is open.
    pilot.app.stylesheet.update(pilot.app.screen)
    for each in pilot.app.screen.query(Input):
        each.cursor_blink = False
    await pilot.wait_for_scheduled_animations()
    await pilot.pause(0.1)
