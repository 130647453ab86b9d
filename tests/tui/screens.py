"""The screens of the app, each with what is to be done to see it."""

import os
from dataclasses import replace
from functools import partial

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from assistant.agent import confine, loop
from assistant.agent.session import Sessions
from assistant.agent.tools import Environment
from assistant.bench.history import History, history_file
from assistant.catalog import embedded
from assistant.catalog.manifest import load_manifests
from assistant.engine import llama
from assistant.engine.memory import FreeMemory
from assistant.errors import ModelError, NoModelError
from assistant.repo.workspace import Workspace
from assistant.tui.generation import Load
from assistant.tui.help import Help
from assistant.tui.models import rows
from assistant.tui.models.download import PullStatus
from assistant.tui.models.screen import ModelsScreen
from assistant.tui.no_model import NoModel
from assistant.tui.pace import UPDATE_S
from assistant.tui.prompt.suggestions import Suggestions
from assistant.tui.run_card import RunCard
from assistant.tui.sessions.screen import SessionsScreen
from assistant.tui.speculation.panel import SpeculationPanel
from assistant.tui.turn.approval import Approval
from assistant.tui.user_message import UserMessage
from tests.agent.agent_run import script
from tests.bench.history.made import generation
from tests.scripted import ScriptedGenerator
from tests.tui.cost.test_cost import WORK, field, opened, report
from tests.tui.driving import FIX, answers, notices, shown, small_model, until
from tests.tui.driving import screen as on_top
from tests.tui.models.test_models import line_of, lines
from tests.tui.sessions.test_sessions import lines as sessions_of
from tests.tui.sessions.test_sessions import write
from tests.tui.showing import Screen, ask, failing, loaded, prompt_of, ready, without_end

EXPLANATION = (
    "`add` takes **two** numbers:\n\n- `a`, the first\n- `b`, the second\n\n```python\nadd(1, 2)\n```\n"
)
_PIECES = len(EXPLANATION) // 12
_NOW = 1_764_000_000


# The conversation


async def loading(pilot: Pilot[None]) -> None:
    await ask(pilot, "What does @calc.py do?")
    await until(pilot, lambda: "40%" in shown(pilot, "#model") and pilot.app.query(UserMessage))


async def streaming(pilot: Pilot[None]) -> None:
    await ask(pilot, "What does @calc.py do?")
    await until(pilot, lambda: answers(pilot) == [EXPLANATION[: _PIECES * 12]])


async def answered(pilot: Pilot[None]) -> None:
    await ask(pilot, "What does it do?")
    await until(pilot, lambda: "written" in notices(pilot))


async def without_model(pilot: Pilot[None]) -> None:
    await prompt_of(pilot)
    await until(pilot, lambda: pilot.app.query(NoModel))


async def origins(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await pilot.press("f3")


async def search(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await pilot.press("ctrl+f", *"second")
    await until(pilot, lambda: "1 of 1" in shown(pilot, "SearchBar Static"))


async def commands(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("/")
    await until(pilot, lambda: pilot.app.query_one(Suggestions).open)


# What is asked, and done


async def proposal(pilot: Pilot[None]) -> None:
    await ask(pilot, "What is wrong in @calc.py?")
    await until(pilot, lambda: isinstance(pilot.app.focused, Approval))


async def edit_question(pilot: Pilot[None]) -> None:
    await ask(pilot, "add is wrong, repair it")
    await until(pilot, lambda: isinstance(pilot.app.focused, Approval))


async def command_question(pilot: Pilot[None]) -> None:
    await edit_question(pilot)
    await pilot.press("y")
    await until(pilot, lambda: "pytest" in shown(pilot, "Approval Static"))


async def closed_cards(pilot: Pilot[None]) -> None:
    await command_question(pilot)
    await pilot.press("n", *"there are no tests", "enter")
    await until(pilot, lambda: "changed" in shown(pilot, "ChangesCard Static"))
    await until(pilot, lambda: "written" in notices(pilot))


async def open_card(pilot: Pilot[None]) -> None:
    await closed_cards(pilot)
    await pilot.press("ctrl+up", "up", "up", "up", "up", "enter")
    await until(pilot, lambda: "return" in shown(pilot, "ToolCard DiffView Static"))


async def own_commands(pilot: Pilot[None]) -> None:
    await ask(pilot, "!seq 20 | tail")
    await until(pilot, lambda: "y run" in shown(pilot, "RunCard Static"))
    await pilot.press("y")
    await until(pilot, lambda: "20" in shown(pilot, "RunCard Static"))
    pilot.app.query_one(RunCard).border_subtitle = "passed · 0.1 s"
    await ask(pilot, "!pytest -q")
    await until(pilot, lambda: "always" in shown(pilot, "RunCard Static"))


def unconfined(workspace: Workspace, patch: pytest.MonkeyPatch) -> None:
    """What holds a command differs from system to system."""
    patch.setattr(confine, "confinement", lambda: confine.UNCONFINED)
    patch.setattr(loop, "Environment", partial(Environment, confinement=lambda: confine.UNCONFINED))


def agent() -> Load:
    edit = {"path": "calc.py", "old": "    return a - b", "new": "    return a + b"}
    done = {"answer": "`add` subtracted. It adds now; there are **no tests** to show it."}
    calls = (("read", {"path": "calc.py"}), ("edit", edit), ("run", {"command": "pytest -q"}), ("done", done))
    return lambda report, tell: ScriptedGenerator(*script(*calls))


# The other screens


async def show_help(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(pilot.app.screen, Help))


async def palette(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await until(
        pilot, lambda: pilot.app.screen.query("CommandList").first().has_class("--populating") is False
    )


async def speculation(pilot: Pilot[None]) -> None:
    await ask(pilot, "What does it do?")
    await ask(pilot, "And then?")
    await until(pilot, lambda: notices(pilot).count("written") == 2)
    await pilot.press("f4")
    await until(pilot, lambda: isinstance(pilot.app.screen, SpeculationPanel))


def models_are_there(pilot: Pilot[None]) -> bool:
    return on_top(pilot) is ModelsScreen and bool(pilot.app.screen.query(OptionList)) and bool(lines(pilot))


async def models(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("f8")
    await until(pilot, partial(models_are_there, pilot))


async def pulling(pilot: Pilot[None]) -> None:
    await models(pilot)
    assert isinstance(pilot.app.screen, ModelsScreen)
    pilot.app.screen.show_pull(PullStatus("qwen3-4b", 1_140_000_000, 3_120_000_000, 23_400_000.0, ""))
    await pilot.press("down")
    await until(pilot, lambda: "⇣ pulling" in line_of(pilot, "qwen3-4b"))


async def first_start(pilot: Pilot[None]) -> None:
    await until(pilot, partial(models_are_there, pilot))


def five_models(workspace: Workspace, patch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU of 8 GB, and five of the models."""
    known = load_manifests()
    names = ("smollm2-135m", "deepseek-coder-6.7b", "qwen3-4b", "qwen3-8b", "deepseek-v4-flash")
    patch.setattr(rows, "load_manifests", lambda: {name: known[name] for name in names})
    patch.setattr(llama, "free_memory", lambda: FreeMemory(14_000_000_000, 8_000_000_000))
    patch.setattr(embedded, "expected_bytes", lambda: 270_000_000)


def nothing_here(workspace: Workspace, patch: pytest.MonkeyPatch) -> None:
    five_models(workspace, patch)
    patch.setattr(embedded, "available", lambda: None)


async def sessions(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("f9")
    await until(pilot, lambda: on_top(pilot) is SessionsScreen and len(sessions_of(pilot)) == 3)
    await pilot.press("down")


def three_sessions(workspace: Workspace, patch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(100))
    patch.setattr("secrets.token_hex", lambda count: f"{next(numbers):04x}")
    shown = {"%Y-%m-%d": "2025-11-24"}
    patch.setattr("time.strftime", lambda form, *_: shown.get(form, "20251124-120000"))
    kept = Sessions(workspace.root)
    long = "What does the scheduler do when no drafter pays, and where is that decided?"
    for number, task in enumerate(("Fix the sign in add", long, "日本語の説明を書いて")):
        id = write(kept, task, "It is done.")
        os.utime(kept._folder / f"{id}.jsonl", (_NOW - number * 86_400,) * 2)


async def cost(pilot: Pilot[None]) -> None:
    await opened(pilot)
    await until(pilot, lambda: "your history" in report(pilot))
    for name, text in WORK.items():
        field(pilot, name).value = text
    await until(pilot, lambda: "Prices as seen" in report(pilot))
    pilot.app.screen.set_focus(None)


def some_history(workspace: Workspace, patch: pytest.MonkeyPatch) -> None:
    with History(history_file()) as history:
        slower = replace(generation().stats, decode_s=3.6)
        history.add([generation(), generation(speculate=False, command="bench", stats=slower)])


_MANY = ("lookup", "edit", None, "dspark", "forced")
_CURVE = [0.0, *(0.012 + 0.002 * n for n in range(1, 33))]
_SMOLLM = loaded(ScriptedGenerator, name="smollm2-135m")
SCREENS = (
    Screen("welcome", loaded(small_model), ready),
    Screen("loading", without_end, loading),
    Screen(
        "streaming", loaded(small_model, EXPLANATION, pause_s=UPDATE_S * 1.2, holds_after=_PIECES), streaming
    ),
    Screen("answer", loaded(small_model, EXPLANATION), answered),
    Screen("origins", loaded(small_model, EXPLANATION, drafters=_MANY), origins),
    Screen("search", loaded(small_model, EXPLANATION), search),
    Screen("commands", loaded(small_model), commands),
    Screen("no model", failing(ModelError("There is no model on this machine yet.")), without_model),
    Screen("proposal", loaded(small_model, FIX), proposal),
    Screen("edit", agent, edit_question, unconfined),
    Screen("command", agent, command_question, unconfined),
    Screen("cards", agent, closed_cards, unconfined),
    Screen("open card", agent, open_card, unconfined),
    Screen("own commands", loaded(small_model), own_commands, unconfined),
    Screen("help", loaded(small_model), show_help),
    Screen("palette", loaded(small_model), palette),
    Screen(
        "speculation",
        loaded(small_model, EXPLANATION * 2, EXPLANATION, drafters=_MANY[:4], cost_curve=_CURVE),
        speculation,
    ),
    Screen("models", _SMOLLM, models, five_models),
    Screen("pulling", _SMOLLM, pulling, five_models),
    Screen(
        "first start",
        failing(NoModelError("There is no model on this machine yet.")),
        first_start,
        nothing_here,
    ),
    Screen("sessions", loaded(small_model), sessions, three_sessions),
    Screen("cost", loaded(small_model), cost, some_history),
)
