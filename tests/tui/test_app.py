"""The app with a scripted model, driven by keys as a user would."""

import time
from pathlib import Path
from threading import Event

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Collapsible, Static

from assistant.chat.generator import Generator
from assistant.errors import CoderError, ContextFullError, ModelError
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.chat_screen import ChatScreen
from assistant.tui.help import Help
from assistant.tui.no_model import NoModel
from assistant.tui.prompt import Prompt
from assistant.tui.prose.prose import Prose
from assistant.tui.too_small import TooSmall
from assistant.tui.turn.approval import Approval
from assistant.tui.user_message import UserMessage
from tests.tui.driving import (
    FIX,
    NEW,
    OLD,
    REWRITE,
    SIZE,
    Progress,
    Tell,
    answers,
    app_with,
    cards,
    counted,
    notices,
    say,
    screen,
    shown,
    small_model,
    until,
)


async def test_a_question_is_answered_and_measured(root: Path) -> None:
    generator = small_model("Hello **there**, how are you?")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "scripted-1b" in shown(pilot, "#model"))
        await say(pilot, "hi")
        await until(pilot, lambda: answers(pilot) == ["Hello **there**, how are you?"])
        await until(pilot, lambda: "50.0 tok/s" in shown(pilot, "#speed"))
        assert "75% accepted  τ 4.00  lookup  ctx 2%" in shown(pilot, "#speed")
        assert [message.role for message in generator.asked[0][0]] == ["system", "user"]
    assert generator.closed


async def test_the_next_question_has_the_conversation_before_it(root: Path) -> None:
    generator = small_model("one", "two")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "first")
        await say(pilot, "second")
        await until(pilot, lambda: answers(pilot) == ["one", "two"])
        assert [message.content for message in generator.asked[1][0][1:]] == ["first", "one", "second"]
        assert not pilot.app.query("UserMessage.waiting")


async def test_a_message_written_while_the_model_loads_is_sent_when_it_is_ready(root: Path) -> None:
    go = Event()
    generator = small_model("now I can")

    def load(report: Progress, _: Tell) -> Generator:
        report("preparing the model", 0.25)
        assert go.wait(10)
        return generator

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "preparing the model" in shown(pilot, "#model"))
        assert "25%" in shown(pilot, "#model")
        await say(pilot, "early")
        await pilot.pause()
        assert "queued until the model is loaded" in shown(pilot, "UserMessage Static")
        await pilot.press("escape")
        assert pilot.app.query_one(Prompt).text == "early"
        await pilot.press("enter")
        assert generator.asked == []
        go.set()
        await until(pilot, lambda: answers(pilot) == ["now I can"])


async def test_a_model_that_cannot_be_loaded_leaves_the_app_open(root: Path) -> None:
    go = Event()

    def load(report: Progress, _: Tell) -> Generator:
        assert go.wait(10)
        raise ModelError("The file is damaged.", hint="coder pull it again")

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await say(pilot, "early")
        go.set()
        await until(pilot, lambda: "The file is damaged." in notices(pilot))
        assert "coder pull it again" in notices(pilot)
        assert "no model" in shown(pilot, "#model")
        assert "/models shows what fits" in notices(pilot)
        for _ in range(2):
            await until(pilot, lambda: pilot.app.query_one(Prompt).text == "early")
            await pilot.press("enter")
        assert len(pilot.app.query(NoModel)) == 1


async def test_a_model_that_came_meanwhile_is_loaded_by_a_key(root: Path) -> None:
    generator = small_model("hello")
    tries: list[Progress] = []

    def load(report: Progress, _: Tell) -> Generator:
        tries.append(report)
        if len(tries) == 1:
            raise ModelError("There is no model.")
        return generator

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.query(NoModel))
        await pilot.press("f5")
        await until(pilot, lambda: "scripted-1b" in shown(pilot, "#model"))
        assert not pilot.app.query(NoModel)
        await say(pilot, "hi")
        await until(pilot, lambda: answers(pilot) == ["hello"])


async def test_notes_are_shown_quietly(root: Path) -> None:
    generator = small_model("hello", notes=("The answer is not kept.",))

    def load(report: Progress, tell: Tell) -> Generator:
        tell("The context was shortened to 2048 tokens.")
        return generator

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await say(pilot, "hi")
        await until(pilot, lambda: "The answer is not kept." in notices(pilot))
        assert "The context was shortened to 2048 tokens." in notices(pilot)
        assert not pilot.app.query("Notice.error")


async def test_a_fault_of_the_program_is_shown_too(root: Path) -> None:
    def load(report: Progress, _: Tell) -> Generator:
        raise ZeroDivisionError("oops")

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "Unexpected ZeroDivisionError: oops" in notices(pilot))


async def test_quitting_while_the_model_loads(root: Path) -> None:
    started = Event()

    def load(report: Progress, _: Tell) -> Generator:
        started.set()
        while True:
            time.sleep(0.01)
            report("loading", 0.1)

    async with CoderApp(Workspace(root, is_git=True), load).run_test(size=SIZE) as pilot:
        await until(pilot, started.is_set)
        await pilot.press("ctrl+q")
    assert not pilot.app.is_running


async def test_thinking_is_folded_away(root: Path) -> None:
    generator = small_model("<think>let me see, a minus</think>It is the sign.")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "why?")
        await until(pilot, lambda: answers(pilot) == ["It is the sign."])
        fold = pilot.app.query_one(Collapsible)
        assert fold.display and fold.collapsed and fold.title == "Thought · 5 words"
        assert fold.query_one(Prose).source == "let me see, a minus"


async def test_no_thinking_no_fold(root: Path) -> None:
    async with app_with(small_model("It is."), root).run_test(size=SIZE) as pilot:
        await say(pilot, "why?")
        await until(pilot, lambda: answers(pilot) == ["It is."])
        assert not pilot.app.query(Collapsible)


async def test_escape_cancels_and_what_was_written_stays(root: Path) -> None:
    generator = small_model(counted(2000), "next", pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        await pilot.press("escape")
        await until(pilot, lambda: "cancelled" in notices(pilot))
        assert len(answers(pilot)[0]) < 5000
        await say(pilot, "go on")
        await until(pilot, lambda: answers(pilot)[-1] == "next")
        assert generator.asked[1][0][2].content.startswith("word 1 word 2")


async def test_an_answer_that_goes_round_in_circles_is_ended(root: Path) -> None:
    generator = small_model("It adds. " + "Then it adds again. " * 400, "next")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "What does add do?")
        await until(pilot, lambda: "■ ended: it began to repeat itself" in notices(pilot))
        assert len(answers(pilot)[0]) < 200
        await say(pilot, "go on")
        await until(pilot, lambda: answers(pilot)[-1] == "next")
        assert generator.asked[1][0][2].content == "It adds. Then it adds again."


async def test_the_event_loop_is_never_blocked(root: Path) -> None:
    generator = small_model(counted(400), pause_s=0.05)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: answers(pilot))
        await pilot.press(*"hello")
        assert pilot.app.query_one(Prompt).text == "hello"
        await pilot.press("escape")
        await until(pilot, lambda: "written" in notices(pilot))
        assert "cancelled" in notices(pilot), "the keys were shown before the answer was whole"


async def test_a_full_context_is_said_clearly(root: Path) -> None:
    full = ContextFullError("The conversation does not fit.", hint="Ctrl+L starts a new one.")
    generator = small_model(full, "fine")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "long")
        await until(
            pilot, lambda: "The conversation does not fit.\n  Ctrl+L starts a new one." in notices(pilot)
        )
        assert pilot.app.query_one(Prompt).text == "long"
        pilot.app.query_one(Prompt).clear()
        await say(pilot, "short")
        await until(pilot, lambda: answers(pilot)[-1] == "fine")
        assert [message.content for message in generator.asked[1][0][1:]] == ["short"]


async def test_an_answer_that_was_cut_off_says_so(root: Path) -> None:
    async with app_with(small_model("half", finish="context"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "long")
        await until(pilot, lambda: "the context is full" in notices(pilot))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("data.bin", b"\0\1\2\3", "is no text file"),
        ("huge.txt", b"x" * 1_000_001, "is too large"),
        ("gone.py", None, "There is no file gone.py"),
    ],
)
async def test_a_message_with_an_unreadable_file_comes_back(
    root: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (root / name).write_bytes(content)
    generator = small_model()
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, f"see @{name}")
        await until(pilot, lambda: why in notices(pilot))
        assert pilot.app.query_one(Prompt).text == f"see @{name}"
        assert generator.asked == []


async def test_a_large_paste_is_folded_and_sent_whole(root: Path) -> None:
    generator = small_model("long", context_tokens=1_000_000)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        pasted = "see @gone.py\n" * 80_000
        pilot.app.query_one(Prompt).post_message(events.Paste(pasted))
        await until(pilot, lambda: "1,040,000 characters" in pilot.app.query_one(Prompt).text)
        await pilot.press("enter")
        await until(pilot, lambda: answers(pilot) == ["long"])
        assert generator.asked[0][0][-1].content.endswith(pasted)
        assert len(pilot.app.query_one(UserMessage).text) < 100


async def test_a_terminal_that_is_too_small_says_so_and_takes_no_decision(root: Path) -> None:
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))
        for _ in range(3):
            await pilot.resize_terminal(40, 10)
            await until(pilot, lambda: isinstance(pilot.app.screen, TooSmall))
            assert "coder needs 60×15" in str(pilot.app.screen.query_one(Static).render())
            await pilot.press("y")
            assert (root / "calc.py").read_text() == OLD
            await pilot.resize_terminal(*SIZE)
            await until(pilot, lambda: not isinstance(pilot.app.screen, TooSmall))
        assert isinstance(pilot.app.focused, Approval)


@pytest.mark.parametrize("key", ["f1", "question_mark"])
async def test_help_opens_and_closes(root: Path, key: str) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        await pilot.press(key)
        assert screen(pilot) is Help
        await pilot.press("escape")
        assert screen(pilot) is ChatScreen
        await pilot.press("w", "question_mark")
        assert pilot.app.query_one(Prompt).text == "w?"


async def test_the_footer_shows_the_keys_that_work_now(root: Path) -> None:
    def keys(pilot: Pilot[None]) -> set[str]:
        active = pilot.app.screen.active_bindings.values()
        return {each.binding.description for each in active if each.enabled and each.binding.show}

    async with app_with(small_model(FIX, holds_after=2), root).run_test(size=SIZE) as pilot:
        assert {"Send", "Speed", "Help"} <= keys(pilot)
        assert not {"Cancel", "Back", "Apply", "Load the model"} & keys(pilot)
        await say(pilot, "fix it")
        await until(pilot, lambda: "Cancel" in keys(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Cancel" not in keys(pilot))


async def test_a_new_conversation_forgets_and_stops_the_reply(root: Path) -> None:
    generator = small_model(counted(2000), "fresh", pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: not pilot.app.query(AssistantMessage))
        await say(pilot, "again")
        await until(pilot, lambda: answers(pilot) == ["fresh"])
        assert [message.content for message in generator.asked[1][0][1:]] == ["again"]


async def test_ctrl_c_twice_quits(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+c")
        assert pilot.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert not pilot.app.is_running


async def test_quitting_ends_a_reply_before_the_model_is_closed(root: Path) -> None:
    generator = small_model(counted(5000), pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        began = time.monotonic()
        await pilot.press("ctrl+q")
    assert generator.closed
    assert time.monotonic() - began < 3


async def test_control_characters_do_not_reach_the_terminal(root: Path) -> None:
    async with app_with(small_model("a\x1b]0;x\x07b"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: answers(pilot) == ["a␛]0;x␇b"])


async def test_markup_in_a_message_is_only_text(root: Path) -> None:
    error = CoderError("no [b]such[/b] thing [/]")
    async with app_with(small_model(error), root).run_test(size=SIZE) as pilot:
        await say(pilot, "[red]x[/red] [/]")
        await until(pilot, lambda: "no [b]such[/b] thing [/]" in notices(pilot))
        assert shown(pilot, "UserMessage Static") == "[red]x[/red] [/]"


async def test_a_file_name_is_shown_inert(root: Path) -> None:
    name = "e\x1b[31m[b]v[red]il.py"
    (root / name).write_text(OLD)
    async with app_with(small_model(REWRITE), root).run_test(size=SIZE) as pilot:
        await say(pilot, f'fix @"{name}"')
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))
        inert = "e␛[31m[b]v[red]il.py"
        title = pilot.app.query_one(Approval).border_title
        assert title is not None and title.replace("\\[", "[") == f"Change {inert}?"
        await pilot.press("y")
        await until(pilot, lambda: cards(pilot) == [f"✓ edit {inert}  +1 −1 ▸"])
        assert (root / name).read_text() == NEW
