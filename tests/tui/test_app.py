"""The app with a scripted model, driven by keys as a user would."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Collapsible, Markdown, Static

from assistant.chat.generator import Generator
from assistant.errors import CoderError, ContextFullError, ModelError
from assistant.tui import proposal as proposal_module
from assistant.tui.app import CoderApp
from assistant.tui.conversation import AssistantMessage, Notice, UserMessage
from assistant.tui.prompt import Prompt
from assistant.tui.proposal import Proposal
from tests.scripted import ScriptedGenerator

SIZE = (80, 24)
OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
FIX = f"The sign is wrong.\n\n```python calc.py\n{NEW}```\n"


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal_module, "GRACE_S", 0.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "calc.py").write_text(OLD)
    return tmp_path


def app_with(generator: Generator, root: Path) -> CoderApp:
    def load(report: Callable[[str, float], None]) -> Generator:
        report("loading scripted-1b", 0.5)
        return generator

    return CoderApp(root, load)


async def until(pilot: Pilot[None], what: Callable[[], object]) -> None:
    """Let the app work until `what` holds."""
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        await pilot.pause(0.01)
    await pilot.pause()


async def say(pilot: Pilot[None], text: str) -> None:
    pilot.app.query_one(Prompt).insert(text)
    await pilot.press("enter")


def notices(pilot: Pilot[None]) -> str:
    return "\n".join(str(notice.render()) for notice in pilot.app.query(Notice))


def answers(pilot: Pilot[None]) -> list[str]:
    return [list(message.query(Markdown))[-1].source for message in pilot.app.query(AssistantMessage)]


def shown(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.query_one(selector, Static).render())


async def test_a_question_is_answered_and_measured(root: Path) -> None:
    generator = ScriptedGenerator("Hello **there**, how are you?")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "scripted-1b" in shown(pilot, "#model"))
        await say(pilot, "hi")
        await until(pilot, lambda: answers(pilot) == ["Hello **there**, how are you?"])
        await until(pilot, lambda: "50.0 tok/s" in shown(pilot, "#speed"))
        assert "75% accepted · τ 4.00 · lookup · ctx " in shown(pilot, "#speed")
        assert [message.role for message in generator.asked[0][0]] == ["system", "user"]
    assert generator.closed


async def test_the_next_question_has_the_conversation_before_it(root: Path) -> None:
    generator = ScriptedGenerator("one", "two")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "first")
        await say(pilot, "second")
        await until(pilot, lambda: answers(pilot) == ["one", "two"])
        assert [message.content for message in generator.asked[1][0][1:]] == ["first", "one", "second"]
        assert not pilot.app.query("UserMessage.waiting")


async def test_a_message_written_while_the_model_loads_is_sent_when_it_is_ready(root: Path) -> None:
    go = Event()
    generator = ScriptedGenerator("now I can")

    def load(report: Callable[[str, float], None]) -> Generator:
        report("preparing the model", 0.25)
        assert go.wait(10)
        return generator

    async with CoderApp(root, load).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "preparing the model" in shown(pilot, "#model"))
        assert "25%" in shown(pilot, "#model")
        await say(pilot, "early")
        await pilot.pause()
        assert pilot.app.query_one(UserMessage).has_class("waiting")
        assert generator.asked == []
        go.set()
        await until(pilot, lambda: answers(pilot) == ["now I can"])


async def test_a_model_that_cannot_be_loaded_leaves_the_app_open(root: Path) -> None:
    go = Event()

    def load(report: Callable[[str, float], None]) -> Generator:
        assert go.wait(10)
        raise ModelError("The file is damaged.", hint="coder pull it again")

    async with CoderApp(root, load).run_test(size=SIZE) as pilot:
        await say(pilot, "early")
        go.set()
        await until(pilot, lambda: "The file is damaged." in notices(pilot))
        assert "coder pull it again" in notices(pilot)
        assert "no model" in shown(pilot, "#model")
        assert pilot.app.query_one(Prompt).text == "early"
        await pilot.press("enter")
        await until(pilot, lambda: notices(pilot).count("The file is damaged.") == 2)
        assert pilot.app.query_one(Prompt).text == "early"


async def test_a_fault_of_the_program_is_shown_too(root: Path) -> None:
    def load(report: Callable[[str, float], None]) -> Generator:
        raise ZeroDivisionError("oops")

    async with CoderApp(root, load).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "Unexpected ZeroDivisionError: oops" in notices(pilot))


async def test_quitting_while_the_model_loads(root: Path) -> None:
    started = Event()

    def load(report: Callable[[str, float], None]) -> Generator:
        started.set()
        while True:
            time.sleep(0.01)
            report("loading", 0.1)

    async with CoderApp(root, load).run_test(size=SIZE) as pilot:
        await until(pilot, started.is_set)
        await pilot.press("ctrl+q")
    assert not pilot.app.is_running


async def test_thinking_is_folded_away(root: Path) -> None:
    generator = ScriptedGenerator("<think>let me see, a minus</think>It is the sign.")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "why?")
        await until(pilot, lambda: answers(pilot) == ["It is the sign."])
        fold = pilot.app.query_one(Collapsible)
        assert fold.display and fold.collapsed and fold.title == "Thought"
        assert fold.query_one(Markdown).source == "let me see, a minus"


async def test_no_thinking_no_fold(root: Path) -> None:
    async with app_with(ScriptedGenerator("It is."), root).run_test(size=SIZE) as pilot:
        await say(pilot, "why?")
        await until(pilot, lambda: answers(pilot) == ["It is."])
        assert not pilot.app.query_one(Collapsible).display


async def test_escape_cancels_and_what_was_written_stays(root: Path) -> None:
    generator = ScriptedGenerator("word " * 2000, "next", pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        await pilot.press("escape")
        await until(pilot, lambda: "Cancelled." in notices(pilot))
        assert len(answers(pilot)[0]) < 5000
        await say(pilot, "go on")
        await until(pilot, lambda: answers(pilot)[-1] == "next")
        assert generator.asked[1][0][2].content.startswith("word word")


async def test_the_event_loop_is_never_blocked(root: Path) -> None:
    generator = ScriptedGenerator("word " * 400, pause_s=0.05)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: answers(pilot))
        began = time.monotonic()
        for key in "hello":
            await pilot.press(key)
        assert pilot.app.query_one(Prompt).text == "hello"
        assert time.monotonic() - began < 2
        await pilot.press("escape")
        await until(pilot, lambda: "Cancelled." in notices(pilot))


async def test_a_full_context_is_said_clearly(root: Path) -> None:
    full = ContextFullError("The conversation does not fit.", hint="Ctrl+L starts a new one.")
    generator = ScriptedGenerator(full, "fine")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "long")
        await until(
            pilot, lambda: "The conversation does not fit.\nCtrl+L starts a new one." in notices(pilot)
        )
        await say(pilot, "short")
        await until(pilot, lambda: answers(pilot)[-1] == "fine")
        assert [message.content for message in generator.asked[1][0][1:]] == ["short"]


async def test_an_answer_that_was_cut_off_says_so(root: Path) -> None:
    async with app_with(ScriptedGenerator("half", finish="context"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "long")
        await until(pilot, lambda: "The context is full" in notices(pilot))


async def test_a_change_is_applied(root: Path) -> None:
    generator = ScriptedGenerator(FIX)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix @calc.py")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        assert (root / "calc.py").read_text() == OLD
        diff = "\n".join(str(line.render()) for line in pilot.app.query("Proposal .line").results(Static))
        assert "-    return a - b\n" in diff + "\n" and "+    return a + b" in diff
        await pilot.press("a")
        await until(pilot, lambda: shown(pilot, "Proposal .foot") == "applied")
        assert (root / "calc.py").read_text() == NEW
        assert isinstance(pilot.app.focused, Prompt)
    assert generator.asked[0][1].sources == (OLD,)
    assert OLD in generator.asked[0][0][-1].content


async def test_a_change_is_refused(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        await pilot.press("r", "a")
        await until(pilot, lambda: "refused" in shown(pilot, "Proposal .foot"))
        assert (root / "calc.py").read_text() == OLD


async def test_a_file_that_changed_meanwhile_is_left_alone(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        (root / "calc.py").write_text("mine\n")
        await pilot.press("a")
        await until(pilot, lambda: "not applied" in shown(pilot, "Proposal .foot"))
        assert (root / "calc.py").read_text() == "mine\n"


async def test_the_keyboard_is_not_taken_from_someone_who_writes(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX, pause_s=0.1), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await pilot.press("x")
        await until(pilot, lambda: pilot.app.query(Proposal))
        await pilot.press("a")
        assert pilot.app.query_one(Prompt).text == "xa"
        assert (root / "calc.py").read_text() == OLD


async def test_keys_meant_for_the_prompt_do_not_apply(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal_module, "GRACE_S", 60.0)
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        await pilot.press("a")
        await pilot.pause()
        assert pilot.app.query_one(Proposal).pending
        assert (root / "calc.py").read_text() == OLD


async def test_an_unchanged_file_is_no_proposal(root: Path) -> None:
    async with app_with(ScriptedGenerator(f"```python calc.py\n{OLD}```"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: "calc.py would stay as it is." in notices(pilot))
        assert not pilot.app.query(Proposal)


async def test_a_message_with_an_unreadable_file_comes_back(root: Path) -> None:
    (root / "data.bin").write_bytes(b"\0\1\2\3")
    generator = ScriptedGenerator()
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "see @data.bin")
        await until(pilot, lambda: pilot.app.query("Notice.error"))
        assert pilot.app.query_one(Prompt).text == "see @data.bin"
        assert generator.asked == []


async def test_a_new_conversation_forgets_and_stops_the_reply(root: Path) -> None:
    generator = ScriptedGenerator("word " * 2000, "fresh", pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: not pilot.app.query(AssistantMessage))
        await say(pilot, "again")
        await until(pilot, lambda: answers(pilot) == ["fresh"])
        assert [message.content for message in generator.asked[1][0][1:]] == ["again"]


async def test_ctrl_c_twice_quits(root: Path) -> None:
    async with app_with(ScriptedGenerator(), root).run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+c")
        assert pilot.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert not pilot.app.is_running


async def test_quitting_ends_a_reply_before_the_model_is_closed(root: Path) -> None:
    generator = ScriptedGenerator("word " * 5000, pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: "word" in "".join(answers(pilot)))
        began = time.monotonic()
        await pilot.press("ctrl+q")
    assert generator.closed
    assert time.monotonic() - began < 3


async def test_control_characters_do_not_reach_the_terminal(root: Path) -> None:
    async with app_with(ScriptedGenerator("a\x1b]0;x\x07b"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        await until(pilot, lambda: answers(pilot) == ["a␛]0;x␇b"])


async def test_markup_in_a_message_is_only_text(root: Path) -> None:
    error = CoderError("no [b]such[/b] thing [/]")
    async with app_with(ScriptedGenerator(error), root).run_test(size=SIZE) as pilot:
        await say(pilot, "[red]x[/red] [/]")
        await until(pilot, lambda: "no [b]such[/b] thing [/]" in notices(pilot))
        assert str(pilot.app.query_one(UserMessage).render()) == "[red]x[/red] [/]"
