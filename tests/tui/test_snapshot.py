"""What the app looks like, in the smallest usual terminal and in a larger one."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widgets import Input

from assistant.agent import confine, loop
from assistant.agent.tools import Environment
from assistant.chat.generator import Generator
from assistant.errors import ModelError
from assistant.repo.workspace import Workspace
from assistant.tui import status as status_module
from assistant.tui.app import CoderApp
from assistant.tui.generation import Load
from assistant.tui.help import Help
from assistant.tui.no_model import NoModel
from assistant.tui.pace import UPDATE_S
from assistant.tui.prompt import Prompt
from assistant.tui.prompt.suggestions import Suggestions
from assistant.tui.run_card import RunCard
from assistant.tui.speculation.panel import SpeculationPanel
from assistant.tui.theme import DARK, LIGHT
from assistant.tui.too_small import TooSmall
from assistant.tui.turn.approval import Approval
from assistant.tui.user_message import UserMessage
from tests.agent.agent_run import script
from tests.scripted import ScriptedGenerator
from tests.tui.driving import FIX, OLD, answers, notices, shown, small_model, until

Compare = Callable[..., bool]
EXPLANATION = (
    "`add` takes **two** numbers:\n\n- `a`, the first\n- `b`, the second\n\n```python\nadd(1, 2)\n```\n"
)

both_sizes = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
looks = pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), DARK), ((120, 40), LIGHT), ((200, 60), DARK)],
    ids=["80x24 dark", "120x40 light", "200x60 dark"],
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "calc.py").write_text(OLD)
    # A temporary folder has another name every time.
    monkeypatch.setattr(CoderApp, "shown_root", property(lambda _: "~/calculator"))
    monkeypatch.setattr(status_module, "_memory", lambda: 1_200_000_000)
    return Workspace(tmp_path, is_git=True)


def loading(generator: Generator) -> Load:
    return lambda report, tell: generator


async def prompt_of(pilot: Pilot[None]) -> Prompt:
    """The prompt, when it is there."""
    await until(pilot, lambda: pilot.app.query(Prompt))
    prompt = pilot.app.query_one(Prompt)
    prompt.cursor_blink = False
    return prompt


async def ask(pilot: Pilot[None], text: str) -> None:
    prompt = await prompt_of(pilot)
    prompt.insert(text)
    await pilot.press("enter")


async def until_ready(pilot: Pilot[None]) -> None:
    await prompt_of(pilot)
    await until(pilot, lambda: "scripted-1b" in shown(pilot, "#model"))


@both_sizes
def test_loading_with_a_question_that_waits(
    workspace: Workspace, snap_compare: Compare, size: tuple[int, int]
) -> None:
    def load(report: Callable[[str, float], None], tell: Callable[[str], None]) -> Generator:
        while True:  # until the app closes
            report("preparing the embedded model", 0.4)
            time.sleep(0.01)

    async def wait(pilot: Pilot[None]) -> None:
        await ask(pilot, "What does @calc.py do?")
        await until(pilot, lambda: "40%" in shown(pilot, "#model") and pilot.app.query(UserMessage))

    assert snap_compare(CoderApp(workspace, load), terminal_size=size, run_before=wait)


@both_sizes
def test_idle(workspace: Workspace, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=size, run_before=until_ready)


def test_idle_light(workspace: Workspace, snap_compare: Compare) -> None:
    async def light(pilot: Pilot[None]) -> None:
        await until_ready(pilot)
        await pilot.press("f2")

    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=(80, 24), run_before=light)


@both_sizes
def test_streaming(workspace: Workspace, snap_compare: Compare, size: tuple[int, int]) -> None:
    pieces = len(EXPLANATION) // 12
    generator = small_model(EXPLANATION, pause_s=UPDATE_S * 1.2, holds_after=pieces)

    async def stream(pilot: Pilot[None]) -> None:
        await ask(pilot, "What does @calc.py do?")
        await until(pilot, lambda: answers(pilot) == [EXPLANATION[: pieces * 12]])

    assert snap_compare(CoderApp(workspace, loading(generator)), terminal_size=size, run_before=stream)


@both_sizes
def test_a_proposed_change(workspace: Workspace, snap_compare: Compare, size: tuple[int, int]) -> None:
    async def propose(pilot: Pilot[None]) -> None:
        await ask(pilot, "What is wrong in @calc.py?")
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))

    app = CoderApp(workspace, loading(small_model(FIX)))
    assert snap_compare(app, terminal_size=size, run_before=propose)


@looks
@pytest.mark.parametrize("shows", ["cards", "approval"])
def test_a_turn_of_the_agent(
    workspace: Workspace,
    snap_compare: Compare,
    size: tuple[int, int],
    theme: Theme,
    shows: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await ask(pilot, "add is wrong, repair it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))
        await pilot.press("y")
        await until(pilot, lambda: "pytest" in shown(pilot, "Approval Static"))
        if shows == "cards":
            await pilot.press("n", *"there are no tests", "enter")
            await until(pilot, lambda: "changed" in shown(pilot, "ChangesCard Static"))
            await pilot.press("ctrl+up", "up", "up", "up", "up", "enter")
            await until(pilot, lambda: "return" in shown(pilot, "ToolCard DiffView Static"))

    edit = {"path": "calc.py", "old": "    return a - b", "new": "    return a + b"}
    done = {"answer": "`add` subtracted. It adds now; there are **no tests** to show it."}
    calls = (("read", {"path": "calc.py"}), ("edit", edit), ("run", {"command": "pytest -q"}), ("done", done))
    unconfined = partial(Environment, confinement=lambda: confine.UNCONFINED)
    monkeypatch.setattr(loop, "Environment", unconfined)
    app = CoderApp(workspace, loading(ScriptedGenerator(*script(*calls))))
    assert snap_compare(app, terminal_size=size, run_before=show)


@both_sizes
def test_no_model(workspace: Workspace, snap_compare: Compare, size: tuple[int, int]) -> None:
    def load(report: Callable[[str, float], None], tell: Callable[[str], None]) -> Generator:
        raise ModelError("There is no model on this machine yet.")

    async def wait(pilot: Pilot[None]) -> None:
        await prompt_of(pilot)
        await until(pilot, lambda: pilot.app.query(NoModel))

    assert snap_compare(CoderApp(workspace, load), terminal_size=size, run_before=wait)


def test_help(workspace: Workspace, snap_compare: Compare) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await until_ready(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))

    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=(120, 40), run_before=show)


def test_too_small(workspace: Workspace, snap_compare: Compare) -> None:
    async def wait(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: isinstance(pilot.app.screen, TooSmall))

    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=(50, 12), run_before=wait)


@looks
def test_speculation_as_plots(
    workspace: Workspace, snap_compare: Compare, size: tuple[int, int], theme: Theme
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await ask(pilot, "What does it do?")
        await ask(pilot, "And then?")
        await until(pilot, lambda: notices(pilot).count("written") == 2)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpeculationPanel))

    costs = [0.0, *(0.012 + 0.002 * n for n in range(1, 33))]
    generator = small_model(
        EXPLANATION * 2, EXPLANATION, drafters=("lookup", "edit", None, "dspark"), cost_curve=costs
    )
    assert snap_compare(CoderApp(workspace, loading(generator)), terminal_size=size, run_before=show)


def test_where_each_word_came_from(workspace: Workspace, snap_compare: Compare) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await ask(pilot, "What does it do?")
        await until(pilot, lambda: "written" in notices(pilot))
        await pilot.press("f3")

    generator = small_model(EXPLANATION, drafters=("lookup", "edit", None, "dspark", "forced"))
    assert snap_compare(CoderApp(workspace, loading(generator)), terminal_size=(80, 24), run_before=show)


@looks
def test_a_command_of_the_shell_asks_first(
    workspace: Workspace,
    snap_compare: Compare,
    size: tuple[int, int],
    theme: Theme,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await ask(pilot, "!seq 20 | tail")
        await until(pilot, lambda: "y run" in shown(pilot, "RunCard Static"))
        await pilot.press("y")
        await until(pilot, lambda: "20" in shown(pilot, "RunCard Static"))
        pilot.app.query_one(RunCard).border_subtitle = "passed · 0.1 s"
        await ask(pilot, "!pytest -q")
        await until(pilot, lambda: "always" in shown(pilot, "RunCard Static"))

    # What holds a command differs from system to system.
    monkeypatch.setattr(confine, "confinement", lambda: confine.UNCONFINED)
    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=size, run_before=show)


@looks
def test_completing(workspace: Workspace, snap_compare: Compare, size: tuple[int, int], theme: Theme) -> None:
    async def show(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme.name
        await until_ready(pilot)
        await pilot.press("/")
        await until(pilot, lambda: pilot.app.query_one(Suggestions).open)

    app = CoderApp(workspace, loading(small_model()))
    assert snap_compare(app, terminal_size=size, run_before=show)


def test_finding(workspace: Workspace, snap_compare: Compare) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await ask(pilot, "What does it do?")
        await until(pilot, lambda: "written" in notices(pilot))
        await pilot.press("ctrl+f", *"second")
        await until(pilot, lambda: "1 of 1" in shown(pilot, "SearchBar Static"))
        pilot.app.query_one(Input).cursor_blink = False

    app = CoderApp(workspace, loading(small_model(EXPLANATION)))
    assert snap_compare(app, terminal_size=(80, 24), run_before=show)
