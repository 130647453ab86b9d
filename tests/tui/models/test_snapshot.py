"""What the models look like: with a pull under way, and at the first start."""

import pytest
from textual.pilot import Pilot
from textual.theme import Theme

from assistant.catalog import embedded
from assistant.catalog.manifest import Manifest, load_manifests
from assistant.engine import llama
from assistant.engine.memory import FreeMemory
from assistant.errors import NoModelError
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.models import rows
from assistant.tui.models.download import PullStatus
from assistant.tui.models.screen import ModelsScreen
from tests.scripted import ScriptedGenerator
from tests.tui.driving import screen, shown, until
from tests.tui.models.test_models import line_of, lines
from tests.tui.test_snapshot import Compare, looks, workspace

__all__ = ["workspace"]
NAMES = ("smollm2-135m", "deepseek-coder-6.7b", "qwen3-4b", "qwen3-8b", "deepseek-v4-flash")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with a GPU of 8 GB, and five of the models."""

    def some() -> dict[str, Manifest]:
        known = load_manifests()
        return {name: known[name] for name in NAMES}

    monkeypatch.setattr(rows, "load_manifests", some)
    monkeypatch.setattr(llama, "free_memory", lambda: FreeMemory(14_000_000_000, 8_000_000_000))
    monkeypatch.setattr(embedded, "expected_bytes", lambda: 270_000_000)


@looks
def test_with_a_pull_under_way(
    workspace: Workspace, snap_compare: Compare, size: tuple[int, int], theme: Theme
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await until(pilot, lambda: "smollm2" in shown(pilot, "#model"))
        await pilot.press("f8")
        await until(pilot, lambda: screen(pilot) is ModelsScreen and lines(pilot))
        assert isinstance(pilot.app.screen, ModelsScreen)
        pilot.app.screen.show_pull(PullStatus("qwen3-4b", 1_140_000_000, 3_120_000_000, 23_400_000.0, ""))
        await pilot.press("down")
        await until(pilot, lambda: "⇣ pulling" in line_of(pilot, "qwen3-4b"))

    app = CoderApp(workspace, lambda *_: ScriptedGenerator(name="smollm2-135m"))
    assert snap_compare(app, terminal_size=size, run_before=show)


def test_the_first_start(
    workspace: Workspace, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> ScriptedGenerator:
        raise NoModelError("There is no model on this machine yet.")

    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: screen(pilot) is ModelsScreen and lines(pilot))

    monkeypatch.setattr(embedded, "available", lambda: None)
    assert snap_compare(CoderApp(workspace, load), terminal_size=(80, 24), run_before=show)
