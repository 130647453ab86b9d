"""What costs time on the screen, counted: layouts of the screen, widgets, and objects that nobody needs."""

import gc
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import Screen

from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.generation_events import Piece
from assistant.tui.prompt import Prompt
from assistant.tui.record import Record
from assistant.tui.turns import Turns
from assistant.tui.user_message import UserMessage
from tests.tui.driving import SIZE, answers, app_with, say, small_model, until

LONG = "A **paragraph** with `code`.\n\n- a list\n\n```python\nx = 1\n```\n\n" * 50


class Layouts:
    """Counts how often a screen is laid out as a whole."""

    def __init__(self, screen: Screen[object]) -> None:
        self._count = 0
        screen.screen_layout_refresh_signal.subscribe(screen, self._another)

    def _another(self, _: Screen[object]) -> None:
        self._count += 1

    def taken(self) -> int:
        """Since the last call."""
        count, self._count = self._count, 0
        return count


async def test_a_key_lays_out_nothing_while_the_model_writes(root: Path) -> None:
    generator = small_model(LONG * 2, piece_chars=len(LONG), pause_s=0.06, holds_after=1)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "".join(answers(pilot)).count("paragraph") > 15)
        await pilot.press("a")
        layouts = Layouts(pilot.app.screen)
        for letter in "hello":
            await pilot.press(letter)
        assert pilot.app.query_one(Prompt).text == "ahello"
        assert layouts.taken() == 0
        await pilot.press("escape")


async def test_an_answer_is_one_widget_and_lays_the_screen_out_only_for_new_lines(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        message = AssistantMessage()
        await pilot.app.query_one(Turns).add(message)
        await message.write([Piece("Begin", thinking=False)])
        await pilot.pause()
        widgets = len(pilot.app.query("*"))
        layouts = Layouts(pilot.app.screen)
        for word in ("one ", "**two** ", "`three`"):
            await message.write([Piece(word, thinking=False)])
            await pilot.pause()
        assert layouts.taken() == 0
        await message.write([Piece(f"\n\n{LONG}", thinking=False)])
        await pilot.pause()
        assert 1 <= layouts.taken() <= 3
        assert len(pilot.app.query("*")) == widgets


async def add(pilot: Pilot[None], count: int) -> None:
    turns = pilot.app.query_one(Turns)
    for number in range(count):
        await turns.add(UserMessage(f"question {number}"))
        await turns.add(AssistantMessage.past(Record("model", LONG[:60], "told")))
        if number % 10 == 0:
            await pilot.pause()


async def test_after_hundreds_of_messages_there_is_no_more_than_before(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        pilot.app.query_one(Turns).anchor()
        await add(pilot, 30)
        widgets = len(pilot.app.query("*"))
        assert widgets < 250
        await add(pilot, 130)
        assert abs(len(pilot.app.query("*")) - widgets) < 60
        alive = sum(isinstance(each, AssistantMessage) for each in gc.get_objects())
        assert alive < 130, "what is gone is freed"
