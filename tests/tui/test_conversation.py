"""Go back in a conversation: copy, search, ask again, and see what lies thousands of messages behind."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.conversation import MOST_WIDGETS
from assistant.tui.notice import Notice
from assistant.tui.past import Past
from assistant.tui.prompt import Prompt
from assistant.tui.prose.prose import Prose
from assistant.tui.record import Record, as_markdown
from assistant.tui.search_bar import SearchBar
from assistant.tui.turn.approval import Approval
from assistant.tui.turns import Turns
from assistant.tui.user_message import UserMessage
from tests.tui.driving import (
    FIX,
    OLD,
    SIZE,
    answers,
    app_with,
    counted,
    notices,
    say,
    shown,
    small_model,
    until,
)

CODE = "First:\n\n```python\na = 1\n```\n\nThen:\n\n```sh\nls -l\n```\n"


def questions(pilot: Pilot[None]) -> list[str]:
    return [message.text for message in pilot.app.query(UserMessage)]


def marked(pilot: Pilot[None]) -> list[str]:
    return [prose.marked for prose in pilot.app.query(Prose) if prose.marked]


def focused(pilot: Pilot[None]) -> type[Widget]:
    return type(pilot.app.focused or pilot.app.screen)


async def asked(pilot: Pilot[None], *texts: str) -> None:
    for text in texts:
        count = len(answers(pilot))
        await say(pilot, text)
        await until(pilot, lambda count=count: notices(pilot).count("written") > count)  # type: ignore[misc]


async def test_messages_are_gone_to_and_copied(root: Path) -> None:
    async with app_with(small_model(CODE, "second"), root).run_test(size=SIZE) as pilot:
        await asked(pilot, "one", "two")
        await pilot.press("ctrl+up")
        assert focused(pilot) is AssistantMessage
        await pilot.press("c")
        assert pilot.app.clipboard == "second"
        await pilot.press("up", "up")
        for code in ("a = 1", "ls -l", "a = 1"):
            await pilot.press("b")
            assert pilot.app.clipboard.strip() == code
        await pilot.press("up", "up", "c")
        assert pilot.app.clipboard == "one"
        await pilot.press("b")
        assert pilot.app.clipboard == "one", "there is no code in it"
        await pilot.press("escape")
        assert focused(pilot) is Prompt
        await pilot.press("shift+tab")
        assert focused(pilot) is Prompt, "Tab goes to what is to be decided only"


async def test_a_question_is_asked_again(root: Path) -> None:
    generator = small_model("one", "bad", "good")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await asked(pilot, "first", "second")
        await pilot.press("ctrl+up", "r")
        await until(pilot, lambda: answers(pilot) == ["one", "good"])
        assert questions(pilot) == ["first", "second"]
    assert generator.asked[2][0] == generator.asked[1][0], "the answer is forgotten, what was before is not"


async def test_an_earlier_question_is_written_anew(root: Path) -> None:
    generator = small_model("one", FIX, "two")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await asked(pilot, "first")
        await say(pilot, "second")
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.query(Approval))
        await pilot.press("ctrl+up", "up", "up", "up", "up", "e")
        await until(pilot, lambda: isinstance(pilot.app.focused, Prompt))
        assert pilot.app.query_one(Prompt).text == "first"
        assert not pilot.app.query(Approval) and not questions(pilot)
        await pilot.press("!", "enter")
        await until(pilot, lambda: answers(pilot) == ["two"])
    assert [message.content for message in generator.asked[2][0][1:]] == ["first!"]
    assert (root / "calc.py").read_text() == OLD


@pytest.mark.parametrize("command", ["/retry", "/edit"])
async def test_nothing_is_taken_back_while_the_model_writes(root: Path, command: str) -> None:
    async with app_with(small_model(counted(99), holds_after=3), root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: answers(pilot))
        await say(pilot, command)
        await pilot.pause()
        assert questions(pilot) == ["talk"]
        await pilot.press("escape")
        await until(pilot, lambda: "cancelled" in notices(pilot))


async def test_the_conversation_is_searched(root: Path) -> None:
    generator = small_model("A needle here.", "Nothing.", "No.\n\nBut a **Needle** there.")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await asked(pilot, "one", "a needle?", "three")
        await pilot.press("ctrl+f", *"needle")
        await until(pilot, lambda: "1 of 3" in shown(pilot, "SearchBar Static"))
        await until(pilot, lambda: marked(pilot) == ["But a Needle there."])
        await pilot.press("enter", "n")
        await until(pilot, lambda: "2 of 3" in shown(pilot, "SearchBar Static"))
        await until(pilot, lambda: isinstance(pilot.app.focused, UserMessage))
        await pilot.press("n", "n")
        await until(pilot, lambda: "1 of 3" in shown(pilot, "SearchBar Static"))
        await pilot.press("N")
        await until(pilot, lambda: "3 of 3" in shown(pilot, "SearchBar Static"))
        await until(pilot, lambda: isinstance(pilot.app.focused, AssistantMessage))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, Prompt))
        assert not pilot.app.query_one(SearchBar).display and not pilot.app.query(".found")
        await say(pilot, "/find haystack")
        await until(pilot, lambda: "not found" in shown(pilot, "SearchBar Static"))


async def fill(turns: Turns, count: int) -> None:
    for number in range(count):
        message: Widget
        if number % 2:
            message = AssistantMessage.past(Record("model", f"answer **{number}**", "told"))
        else:
            message = UserMessage(f"question {number}")
        await turns.add(message)


async def test_of_many_messages_few_are_widgets_and_none_is_lost(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        turns = pilot.app.query_one(Turns)
        turns.anchor()
        for _ in range(3):
            await fill(turns, 60)
            await pilot.pause()
        records = turns.records()
        assert len(records) == 180
        assert len(turns.messages) <= MOST_WIDGETS + 60
        past = len(turns.past.records)
        assert f"{past:,} earlier messages" in shown(pilot, ".rest")
        turns.scroll_home(animate=False)
        await pilot.pause()
        await pilot.press("pageup")
        await until(pilot, lambda: f"{past - 20:,} earlier messages" in shown(pilot, ".rest"))
        await pilot.press("ctrl+f", *"question 4")
        await until(pilot, lambda: "1 of" in shown(pilot, "SearchBar Static"))
        await pilot.press("enter", "N")
        await until(pilot, lambda: "messages in between" in shown(pilot, ".rest"))
        assert len(pilot.app.query("UserMessage, AssistantMessage")) < 200
        assert turns.records() == records


async def test_what_is_looked_at_goes_when_one_writes_on(root: Path) -> None:
    async with app_with(small_model("fine"), root).run_test(size=SIZE) as pilot:
        past = pilot.app.query_one(Past)
        past.keep([Record("user", f"{n}") for n in range(100)])
        await past.reveal(50)
        assert len(past.query(UserMessage)) == 20
        await asked(pilot, "on")
        assert not past.query(UserMessage)


async def test_the_conversation_is_saved_and_no_file_is_overwritten(root: Path) -> None:
    async with app_with(small_model("It *is*."), root).run_test(size=SIZE) as pilot:
        await asked(pilot, "why?")
        await pilot.app.query_one(Turns).add(Notice("by the way"))
        for _ in range(2):
            await say(pilot, "/export talk.md")
        await until(pilot, lambda: "exists already" in notices(pilot))
    text = (root / "talk.md").read_text()
    assert text == "## Question\n\nwhy?\n\n## Answer\n\nIt *is*.\n\n> by the way\n"
    assert as_markdown([]) == "\n"
