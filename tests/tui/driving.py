"""Drive the app as a user would, and read what is on its screen."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from assistant.chat.generator import Generator
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.prompt import Prompt
from assistant.tui.prose.prose import Prose
from tests.scripted import ScriptedGenerator

Progress = Callable[[str, float], None]
Tell = Callable[[str], None]
# A model too small to call tools.
small_model = partial(ScriptedGenerator, tool_format=None)
SIZE = (80, 24)
PATIENCE_S = 40
OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
# When the whole of a small file is asked for, the code block is opened for the model, and its end stops it.
REWRITE = f"```python\n{NEW}".rstrip("\n")
FIX = f"The sign is wrong.\n\n```python calc.py\n{NEW}```\n"


def counted(words: int) -> str:
    """A long text that says nothing twice."""
    return "".join(f"word {number} " for number in range(1, words + 1))


def app_with(generator: Generator, root: Path) -> CoderApp:
    def load(report: Progress, _: Tell) -> Generator:
        report("loading scripted-1b", 0.5)
        return generator

    return CoderApp(Workspace(root, is_git=True), load)


async def until(pilot: Pilot[Any], what: Callable[[], object]) -> None:
    """Let the app work until `what` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        await pilot.pause(0.01)
    await pilot.pause()


async def say(pilot: Pilot[None], text: str) -> None:
    pilot.app.query_one(Prompt).insert(text)
    await pilot.press("enter")


def notices(pilot: Pilot[None]) -> str:
    """All that the program says itself: notices, and what is below answers."""
    found = pilot.app.query("Notice, NoModel, .foot").results(Static)
    return "\n".join(str(notice.render()) for notice in found)


def answers(pilot: Pilot[None]) -> list[str]:
    texts = [list(message.query(Prose)) for message in pilot.app.query(AssistantMessage)]
    return [found[-1].source for found in texts if found]


def cards(pilot: Pilot[None]) -> list[str]:
    """The lines of the calls of tools."""
    return [str(line.render()) for line in pilot.app.query("ToolCard .line").results(Static)]


def shown(pilot: Pilot[None], selector: str) -> str:
    """The text of a widget, empty before it is there."""
    return "".join(str(each.render()) for each in pilot.app.query(selector).results(Static))


def screen(pilot: Pilot[None]) -> type[Screen[object]]:
    return type(pilot.app.screen)
