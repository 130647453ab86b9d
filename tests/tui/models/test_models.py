"""Models in the app: looked at, pulled from a hub on loopback, and switched."""

import tomllib
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from assistant.catalog.manifest import Manifest
from assistant.errors import ModelError, NoModelError
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.models.screen import ModelsScreen
from assistant.tui.no_model import NoModel
from tests.catalog.conftest import DRAFT_REPO, TARGET_FILE, hub, manifest, tiny_pair
from tests.catalog.loopback import LoopbackHub
from tests.scripted import ScriptedGenerator
from tests.tui.driving import Progress, Tell, answers, counted, notices, say, screen, shown, until

__all__ = ["hub", "manifest", "tiny_pair"]


class Machine:
    """Its app, and the models that it loads: one at a time."""

    def __init__(self, root: Path, *answers: str, first: bool = False) -> None:
        self.loaded: list[ScriptedGenerator] = []
        self._answers = answers
        self._first = first
        self.app = CoderApp(Workspace(root, is_git=True), self._load("first-1b"), load_model=self._load)

    def _load(self, name: str):  # type: ignore[no-untyped-def]
        def load(report: Progress, _: Tell) -> ScriptedGenerator:
            if self._first and name == "first-1b":
                raise NoModelError("There is no model on this machine yet.")
            if name == "smollm2-135m":
                raise ModelError("It is damaged.")
            assert all(model.closed for model in self.loaded), "the memory of the former one is free"
            self.loaded.append(ScriptedGenerator(*self._answers, name=name))
            return self.loaded[-1]

        return load


def lines(pilot: Pilot[None]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


def line_of(pilot: Pilot[None], name: str) -> str:
    return next((line for line in lines(pilot) if line.startswith(name)), "")


def told(pilot: Pilot[None]) -> str:
    return "\n".join(str(each.message) for each in pilot.app._notifications)


async def open_models(pilot: Pilot[None], name: str) -> None:
    """Open the screen, and go to a model."""
    await until(pilot, lambda: "1b" in shown(pilot, "#model"))
    await say(pilot, "/models")
    await until(pilot, lambda: screen(pilot) is ModelsScreen and lines(pilot))
    await go_to(pilot, name)


async def go_to(pilot: Pilot[None], name: str) -> None:
    pilot.app.screen.query_one(OptionList).highlighted = lines(pilot).index(line_of(pilot, name))
    await pilot.pause()


async def test_a_model_is_pulled_cancelled_resumed_and_switched_to(
    root: Path, hub: LoopbackHub, manifest: Manifest
) -> None:
    machine = Machine(root, "fine")
    hub.stalls = {TARGET_FILE: 100_000}
    async with machine.app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, "tiny-pair")
        assert "size not known" in line_of(pilot, "tiny-pair")
        assert "fits, 8,192 tokens" in line_of(pilot, "smollm2-135m")
        await pilot.press("enter")
        await until(pilot, lambda: "⇣ tiny-pair" in shown_now(pilot, "#pull"))
        await until(pilot, hub.stalled.is_set)
        await until(pilot, lambda: "⇣ pulling" in line_of(pilot, "tiny-pair"))
        await pilot.press("x")
        await until(pilot, lambda: "what has arrived is kept" in told(pilot))
        assert not manifest.select().here
        hub.go_on.set()
        hub.ranges.clear()

        await pilot.press("enter")
        await until(pilot, lambda: "✓ here" in line_of(pilot, "tiny-pair"))
        assert any(each and int(each.removeprefix("bytes=").removesuffix("-")) > 0 for each in hub.ranges)
        assert manifest.pulled
        await go_to(pilot, "tiny-pair")
        await pilot.press("enter")
        await until(pilot, lambda: "tiny-pair" in shown(pilot, "#model"))
        assert [model.closed for model in machine.loaded] == [True, False]
        await say(pilot, "hello")
        await until(pilot, lambda: answers(pilot) == ["fine"])
        await pilot.press("f8")
        await until(pilot, lambda: "● runs now" in line_of(pilot, "tiny-pair"))


async def test_a_pull_goes_on_while_its_screen_is_closed(
    root: Path, hub: LoopbackHub, manifest: Manifest
) -> None:
    hub.stalls = {TARGET_FILE: 100_000}
    async with Machine(root, "fine").app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, "tiny-pair")
        await pilot.press("enter")
        await until(pilot, hub.stalled.is_set)
        await pilot.press("escape")
        await say(pilot, "hello")
        await until(pilot, lambda: answers(pilot) == ["fine"])
        hub.go_on.set()
        await until(pilot, lambda: "tiny-pair is here: /models uses it." in told(pilot))
    assert manifest.pulled


async def test_the_first_start_offers_what_fits(root: Path, hub: LoopbackHub, manifest: Manifest) -> None:
    machine = Machine(root, first=True)
    async with machine.app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: screen(pilot) is ModelsScreen and lines(pilot))
        assert "no model on this machine yet" in shown_now(pilot, "#told")
        await go_to(pilot, "tiny-pair")
        await pilot.press("enter")
        await until(pilot, lambda: "tiny-pair" in shown(pilot, "#model"))
        assert not pilot.app.query(NoModel)


async def test_what_goes_wrong_is_said(root: Path, hub: LoopbackHub, manifest: Manifest) -> None:
    hub.gated = {DRAFT_REPO: 403}
    machine = Machine(root, "fine")
    async with machine.app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, "tiny-pair")
        await pilot.press("enter")
        await until(pilot, lambda: "asks you to accept its terms first" in told(pilot))
        await go_to(pilot, "deepseek-v4-pro")
        await pilot.press("enter")
        await until(pilot, lambda: "does not fit this machine" in told(pilot))
        await go_to(pilot, "smollm2-135m")
        await pilot.press("enter")
        await until(pilot, lambda: "It is damaged. The model before it is loaded again." in notices(pilot))
        await until(pilot, lambda: "first-1b" in shown(pilot, "#model"))
        assert [model.closed for model in machine.loaded] == [True, False]
        await say(pilot, "hello")
        await until(pilot, lambda: answers(pilot) == ["fine"])


async def test_a_model_is_used_from_now_on(root: Path, coder_home: Path) -> None:
    async with Machine(root).app.run_test(size=(100, 30)) as pilot:
        await open_models(pilot, "smollm2-135m")
        await pilot.press("d")
        await until(pilot, lambda: "from now on" in told(pilot))
    settings = tomllib.loads((coder_home / "config" / "config.toml").read_text())
    assert settings == {"model": "smollm2-135m"}


def shown_now(pilot: Pilot[None], selector: str) -> str:
    """The text of a widget of the screen on top."""
    return "".join(str(each.render()) for each in pilot.app.screen.query(selector).results(Static))


async def test_an_answer_that_is_being_written_ends_when_the_model_is_switched(root: Path) -> None:
    generator = ScriptedGenerator(counted(2000), pause_s=0.01)
    app = CoderApp(
        Workspace(root, is_git=True),
        lambda *_: generator,
        load_model=lambda name: lambda *_: ScriptedGenerator("new", name=name),
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        await open_models(pilot, "smollm2-135m")
        await pilot.press("enter")
        await say(pilot, "and now?")
        await until(pilot, lambda: answers(pilot)[1:] == ["new"])
        assert generator.closed
        assert "smollm2-135m" in shown(pilot, "#model")
