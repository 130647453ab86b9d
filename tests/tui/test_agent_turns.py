"""The agent in the app: what it does is seen, asked for, cancelled and taken back."""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.agent.mcp import McpServer
from assistant.agent.session import Sessions
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.chat_screen import ChatScreen
from assistant.tui.prompt import Prompt
from assistant.tui.turn import tool_card
from assistant.tui.turn.approval import Approval
from assistant.tui.turn.tool_card import ToolCard
from assistant.tui.turn.user_question import UserQuestion
from assistant.tui.user_message import UserMessage
from assistant.tui.work import WorkOptions
from tests.agent.agent_run import BUGGY, DONE, FIX, FIXED, root, script
from tests.scripted import ScriptedGenerator
from tests.tui.driving import SIZE, answers, app_with, cards, notices, say, shown, until

__all__ = ["root"]
RUN = ("run", {"command": "echo hello"})
ANOTHER_FIX = ("edit", {"path": "calc.py", "old": "    return a + b", "new": "    return b + a"})


async def wait_for_approval(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.focused, Approval))


async def idle(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.focused, Prompt) and not chat(pilot).conversation.answers)


def chat(pilot: Pilot[None]) -> ChatScreen:
    assert isinstance(pilot.app, CoderApp)
    return pilot.app.chat


def changed(pilot: Pilot[None]) -> str:
    return shown(pilot, "ChangesCard Static")


async def test_a_turn_is_shown_as_cards_and_the_closing_words_and_kept(root: Path) -> None:
    model = ScriptedGenerator(*script(("read", {"path": "calc.py"}), FIX, DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await wait_for_approval(pilot)
        assert (root / "calc.py").read_text() == BUGGY
        await pilot.press("y")
        await idle(pilot)
        assert (root / "calc.py").read_text() == FIXED
        assert cards(pilot) == ["✓ read calc.py ▸", "✓ edit calc.py  +1 −1 ▸"]
        assert answers(pilot) == ["I think so.", "I think so.", "I think so.\n\nadd adds now."]
        assert "3 steps" in notices(pilot)
        assert "changed calc.py" in changed(pilot)
        await pilot.press("ctrl+up", "up", "up", "enter")
        await until(pilot, lambda: "return a + b" in shown(pilot, "ToolCard DiffView Static"))
        await pilot.click(ToolCard)
        await until(pilot, lambda: "def add" in shown(pilot, "ToolCard .body Static"))
    (record,) = Sessions(root).all()
    assert (record.task, record.status, record.steps) == ("Make add add.", "done", 3)


async def test_plain_words_end_a_turn_too(root: Path) -> None:
    model = ScriptedGenerator("Hello **there**.", *script(("done", {"answer": "Again."})))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "hi")
        await until(pilot, lambda: answers(pilot) == ["Hello **there**."])
        await idle(pilot)
        await say(pilot, "hi again")
        await until(pilot, lambda: answers(pilot)[-1].endswith("Again."))
    assert model.asked[1][0][:2] == model.asked[0][0], "the conversation goes on"
    assert model.asked[1][0][-1].content.endswith("hi again")


async def test_what_is_always_allowed_is_not_asked_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_card, "_WORTH_TELLING_S", 0.0)
    model = ScriptedGenerator(*script(RUN, RUN, DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Say hello.")
        await wait_for_approval(pilot)
        assert "always `echo` in this repository" in shown(pilot, "Approval Static")
        await pilot.press("a")
        await idle(pilot)
        assert all(re.fullmatch(r"✓ \$ echo hello  \d+\.\d s ▸", card) for card in cards(pilot))
        assert len(cards(pilot)) == 2


async def test_a_refusal_tells_the_model_why(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX, DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await wait_for_approval(pilot)
        await pilot.press("n", *"not here", "enter")
        await idle(pilot)
        assert cards(pilot) == ["– edit calc.py  refused: not here ▸"]
    assert "The user refused this, and says: not here" in model.asked[1][0][-1].content
    assert (root / "calc.py").read_text() == BUGGY


async def test_escape_ends_a_turn_that_waits(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX, DONE), "hello")
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await wait_for_approval(pilot)
        await pilot.press("escape")
        await idle(pilot)
        assert not pilot.app.query(Approval)
        assert "Interrupted" in notices(pilot)
        assert (root / "calc.py").read_text() == BUGGY
    assert Sessions(root).all()[0].status == "cancelled"


async def test_modes_are_switched_by_a_key_and_by_name(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX, DONE, ("done", {"answer": "First this."})))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "ask" in shown(pilot, "#mode"))
        await pilot.press("shift+tab")
        assert shown(pilot, "#mode") == "auto-edit"
        await say(pilot, "Make add add.")
        await idle(pilot)
        await until(pilot, lambda: "changed calc.py" in changed(pilot))
        assert cards(pilot) == ["✓ edit calc.py  +1 −1 ▾"], "what nobody was asked about is open"
        await say(pilot, "/mode pl")
        await until(pilot, lambda: shown(pilot, "#mode") == "plan")
        await say(pilot, "And now?")
        await until(pilot, lambda: answers(pilot)[-1].endswith("First this."))
        await say(pilot, "/mode x")
        assert shown(pilot, "#mode") == "plan"
    assert (root / "calc.py").read_text() == FIXED
    planned = model.asked[2][0][0].content
    assert "The user wants a plan" in planned and "replace the lines" not in planned
    assert "replace the lines" in model.asked[0][0][0].content


async def test_the_model_asks_the_user(root: Path) -> None:
    model = ScriptedGenerator(*script(("ask", {"question": "Which one?"}), DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert "Which one?" in shown(pilot, "UserQuestion Static")
        await pilot.press(*"this", "enter")
        await idle(pilot)
        assert not pilot.app.query(UserQuestion)
    assert "The user answers: this" in model.asked[1][0][-1].content


async def test_escape_ends_a_turn_that_asks(root: Path) -> None:
    model = ScriptedGenerator(*script(("ask", {"question": "Which one?"}), DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("escape")
        await idle(pilot)
        assert "Interrupted" in notices(pilot)
    assert len(model.asked) == 1


async def test_another_session_is_taken_up_while_one_waits(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX), "Here I am.")
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await say(pilot, "Make add add.")
        await wait_for_approval(pilot)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: not pilot.app.query(ToolCard))
        await say(pilot, "Where are you?")
        await until(pilot, lambda: answers(pilot) == ["Here I am."])
        await idle(pilot)
        assert not pilot.app.query(Approval)
    assert (root / "calc.py").read_text() == BUGGY
    assert [record.status for record in Sessions(root).all()] == ["done", "cancelled"]
    for record in Sessions(root).all():
        Sessions(root).resume(record.id)[0].close()


async def test_turns_are_taken_back_one_after_the_other(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX, DONE, ANOTHER_FIX, DONE), "I see.")
    app = app_with(model, root)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("shift+tab")
        for task in ("Make add add.", "Turn it round."):
            await say(pilot, task)
            await until(
                pilot, lambda: len(changed(pilot).split("changed")) > len(pilot.app.query(UserMessage))
            )
            await idle(pilot)
        for text, left in ((FIXED, 1), (BUGGY, 0)):
            await say(pilot, "/undo")
            await until(pilot, lambda left=left: changed(pilot).count("takes it back") == left)  # type: ignore[misc]
            assert (root / "calc.py").read_text() == text
        assert notices(pilot).count("Restored: calc.py") == 2
        await say(pilot, "/undo")
        await until(pilot, lambda: "no change of this conversation" in notices(pilot))
        await say(pilot, "What now?")
        await until(pilot, lambda: answers(pilot)[-1] == "I see.")
    assert "I took your changes of calc.py back." in model.asked[-1][0][-1].content


async def test_a_card_takes_its_turn_back(root: Path) -> None:
    model = ScriptedGenerator(*script(FIX, DONE))
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await pilot.press("shift+tab")
        await say(pilot, "Make add add.")
        await until(pilot, lambda: "changed calc.py" in changed(pilot))
        (root / "calc.py").write_text("mine\n")
        await pilot.click("ChangesCard Choice", offset=(22, 0))
        await until(pilot, lambda: "calc.py changed since" in notices(pilot))
        (root / "calc.py").write_text(FIXED)
        await pilot.press("ctrl+up", "u")
        await until(pilot, lambda: "taken back" in changed(pilot))
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.parametrize("tool_format", ["hermes", None])
async def test_a_session_is_gone_on_with(root: Path, tool_format: str | None) -> None:
    rewrite = f"```python\n{FIXED}".rstrip("\n")
    first = script(FIX, DONE) if tool_format else [rewrite]
    format = "hermes" if tool_format else None
    app = app_with(ScriptedGenerator(*first, tool_format=format), root)  # type: ignore[arg-type]
    async with app.run_test(size=SIZE) as pilot:
        await say(pilot, "add is wrong, fix @calc.py")
        await wait_for_approval(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "changed calc.py" in changed(pilot))
    model = ScriptedGenerator("Yes.", "Twice.", tool_format=format)  # type: ignore[arg-type]
    async with app_with(model, root).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "scripted" in shown(pilot, "#model"))
        session, history = Sessions(root).resume("last")
        await chat(pilot).take_up(session, history)
        await until(pilot, lambda: "changed calc.py" in changed(pilot))
        assert cards(pilot) == ["✓ edit calc.py  +1 −1 ▸"]
        await say(pilot, "Sure?")
        await until(pilot, lambda: answers(pilot)[-1] == "Yes.")
        await idle(pilot)
        await say(pilot, "/retry")
        await until(pilot, lambda: answers(pilot)[-1] == "Twice.")
        await idle(pilot)
        await say(pilot, "/undo")
        await until(pilot, lambda: "taken back" in changed(pilot))
    assert model.asked[1][0] == model.asked[0][0]
    assert (root / "calc.py").read_text() == BUGGY
    (record,) = Sessions(root).all()
    with Sessions(root).resume(record.id)[0] as session:
        tasks = [event["task"] for event in Sessions(root).events(session.id) if event["event"] == "started"]
    assert tasks == ["add is wrong, fix @calc.py", "Sure?", "Sure?"]


async def test_a_server_is_asked_for_before_the_turn_begins(root: Path) -> None:
    model = ScriptedGenerator("Without it.")
    work = WorkOptions(servers=lambda: [McpServer("issues", command=("python", "issues.py"))])
    app = CoderApp(Workspace(root, is_git=True), lambda report, tell: model, work=work)
    async with app.run_test(size=SIZE) as pilot:
        await say(pilot, "hi")
        await wait_for_approval(pilot)
        assert "python issues.py" in shown(pilot, "Approval Static")
        await pilot.press("n", "enter")
        await until(pilot, lambda: answers(pilot) == ["Without it."])
        assert "issues was not started" in notices(pilot)


async def test_a_turn_that_cannot_be_begun_comes_back(root: Path) -> None:
    model = ScriptedGenerator("fine")
    async with CoderApp(Workspace(root, is_git=True), lambda report, tell: model).run_test(
        size=SIZE
    ) as pilot:
        await say(pilot, "see @gone.py")
        await until(pilot, lambda: pilot.app.query_one(Prompt).text == "see @gone.py")
        assert model.asked == []
