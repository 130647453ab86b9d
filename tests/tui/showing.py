"""What a screen of the app is to a test, and how it is reached."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from assistant.chat.generator import Generator
from assistant.repo.workspace import Workspace
from assistant.tui.generation import Load
from assistant.tui.prompt import Prompt
from tests.tui.driving import Progress, Tell, shown, until


@dataclass(frozen=True, slots=True)
class Screen:
    """`show` brings it up in an app whose model is loaded by what `load` returns, after `prepare`."""

    name: str
    load: Callable[[], Load]
    show: Callable[[Pilot[None]], Awaitable[None]]
    prepare: Callable[[Workspace, pytest.MonkeyPatch], None] = lambda workspace, patch: None


def loaded(model: Callable[..., Generator], *answers: str, **how: object) -> Callable[[], Load]:
    return lambda: lambda report, tell: model(*answers, **how)


def failing(error: Exception) -> Callable[[], Load]:
    def load(report: Progress, tell: Tell) -> Generator:
        raise error

    return lambda: load


def without_end() -> Load:
    def load(report: Progress, tell: Tell) -> Generator:
        while True:  # until the app closes
            report("preparing the embedded model", 0.4)
            time.sleep(0.01)

    return load


async def prompt_of(pilot: Pilot[None]) -> Prompt:
    """The prompt, when it is there."""
    await until(pilot, lambda: pilot.app.query(Prompt))
    prompt = pilot.app.query_one(Prompt)
    prompt.cursor_blink = False
    return prompt


async def ask(pilot: Pilot[None], text: str) -> None:
    (await prompt_of(pilot)).insert(text)
    await pilot.press("enter")


async def ready(pilot: Pilot[None]) -> None:
    await prompt_of(pilot)
    await until(pilot, lambda: "●" in shown(pilot, "#model"))
