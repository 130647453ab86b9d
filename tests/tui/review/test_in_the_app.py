"""The review opens from the conversation, and what is said in it becomes the next question."""

from pathlib import Path

import pytest

from assistant.tui.chat_screen import ChatScreen
from assistant.tui.prompt import Prompt
from assistant.tui.review.ask_text import AskText
from assistant.tui.review.pane import DiffPane
from assistant.tui.review.screen import ReviewScreen
from tests.scripted import ScriptedGenerator
from tests.tui.driving import SIZE, app_with, say, screen, until
from tests.tui.review.reviewing import cart_repository


@pytest.mark.parametrize("way", ["ctrl+r", "/review"])
async def test_comments_go_to_the_prompt(tmp_path: Path, way: str) -> None:
    root = cart_repository(tmp_path / "repo")
    async with app_with(ScriptedGenerator(), root).run_test(size=SIZE) as pilot:
        if way == "ctrl+r":
            await pilot.press("ctrl+r")
        else:
            await say(pilot, way)
        await until(pilot, lambda: screen(pilot) is ReviewScreen)
        await until(pilot, lambda: pilot.app.screen.query_one(DiffPane).file)
        await pilot.press("c")
        await until(pilot, lambda: screen(pilot) is AskText)
        await pilot.press(*"why", "ctrl+s")
        await until(pilot, lambda: screen(pilot) is ReviewScreen)
        await pilot.press("q")
        await until(pilot, lambda: screen(pilot) is ChatScreen)
        assert "shop/cart.py, line 1: why" in pilot.app.query_one(Prompt).text
