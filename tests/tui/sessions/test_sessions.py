"""Earlier sessions in the app."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from assistant.agent.events import Changed, Outcome, Started
from assistant.agent.session import Session, Sessions
from assistant.chat.generator import Reply
from assistant.engine.stats import Stats
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.sessions.screen import SessionsScreen
from assistant.tui.sessions.words import when
from assistant.tui.user_message import UserMessage
from tests.scripted import ScriptedGenerator
from tests.tui.driving import app_with, say, screen, shown, until


def write(sessions: Sessions, task: str, answer: str) -> str:
    with sessions.new() as session:
        session.append(Started(task, "scripted-1b", "ask"))
        session.append(Reply(answer, "", "stop", Stats()))
        session.append(Changed(("calc.py",), "--- a/calc.py\n+++ b/calc.py\n"))
        session.append(Outcome("done", answer, steps=1))
        return session.id


def lines(pilot: Pilot[None]) -> list[str]:
    found = pilot.app.screen.query(OptionList)
    return [str(option.prompt) for option in found.first().options] if found else []


def titles(pilot: Pilot[None]) -> set[str]:
    return {line.strip("● ").partition("   ")[0] for line in lines(pilot)}


def told(pilot: Pilot[None]) -> str:
    return "\n".join(str(each.message) for each in pilot.app._notifications)


async def open_sessions(pilot: Pilot[None], title: str = "") -> None:
    await until(pilot, lambda: "1b" in shown(pilot, "#model"))
    await say(pilot, "/sessions")
    await until(pilot, lambda: screen(pilot) is SessionsScreen and (lines(pilot) or not title))
    if title:
        at = next(at for at, line in enumerate(lines(pilot)) if title in line)
        pilot.app.screen.query_one(OptionList).highlighted = at
        await pilot.pause()


async def test_an_earlier_session_is_gone_on_with(root: Path) -> None:
    sessions = Sessions(root)
    write(sessions, "What is two?", "It is 2.")
    generator = ScriptedGenerator("It is 3.")
    async with app_with(generator, root).run_test(size=(100, 30)) as pilot:
        await open_sessions(pilot, "What is two?")
        assert "1 step  scripted-1b" in lines(pilot)[0]
        await pilot.press("enter")
        await until(pilot, lambda: [each.text for each in pilot.app.query(UserMessage)] == ["What is two?"])
        await say(pilot, "And three?")
        await until(pilot, lambda: len(sessions.events("last")) > 4 and sessions.find("last").status)
        await open_sessions(pilot, "What is two?")
        assert lines(pilot)[0].startswith("● What is two?")
        assert len(lines(pilot)) == 1
    (record,) = sessions.all()
    assert [e["task"] for e in sessions.events(record.id) if e["event"] == "started"][-1] == "And three?"


async def test_a_session_is_named_copied_written_down_and_deleted(root: Path) -> None:
    sessions = Sessions(root)
    id = write(sessions, "first\ntask", "Yes.")
    write(sessions, "second task", "No.")
    async with app_with(ScriptedGenerator(), root).run_test(size=(100, 30)) as pilot:
        await open_sessions(pilot, "first task")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.query_one(Input))
        assert pilot.app.screen.query_one(Input).value == "first task"
        await pilot.press("ctrl+u", *"dry run", "enter")
        await until(pilot, lambda: titles(pilot) == {"dry run", "second task"})
        assert sessions.find(id).title == "dry run"
        await pilot.press("r", "x", "escape")
        await pilot.press("f")
        await until(pilot, lambda: titles(pilot) == {"dry run", "dry run (fork)", "second task"})
        await pilot.press("e")
        await until(pilot, lambda: "The session is in" in told(pilot))
        (document,) = root.glob("coder-*.md")
        assert document.read_text().startswith("# dry run (fork)\n")
        await pilot.press("d")
        await until(pilot, lambda: "Delete “dry run (fork)” for good?" in asked(pilot))
        await pilot.press("n", "y")
        assert len(lines(pilot)) == 3
        await pilot.press("d", "y")
        await until(pilot, lambda: titles(pilot) == {"dry run", "second task"})
        assert len(sessions.all()) == 2
        await pilot.press("escape")
        await until(pilot, lambda: screen(pilot) is not SessionsScreen)


def asked(pilot: Pilot[None]) -> str:
    ask = pilot.app.screen.query_one("#ask", Static)
    return str(ask.render()) if ask.has_class("asked") else ""


async def test_one_that_another_coder_works_on_is_left_alone(root: Path) -> None:
    sessions = Sessions(root)
    with Session(sessions.new().path.with_name("20260101-000000-aaaa.jsonl")) as session:
        session.append(Started("busy", "m", "ask"))
        async with app_with(ScriptedGenerator(), root).run_test(size=(100, 30)) as pilot:
            await open_sessions(pilot, "busy")
            await pilot.press("d", "y")
            await until(pilot, lambda: "worked on by another coder" in told(pilot))
            pilot.app.clear_notifications()
            await pilot.press("enter")
            await until(pilot, lambda: "worked on by another coder" in told(pilot))
            assert not pilot.app.query(UserMessage)


async def test_there_may_be_none(root: Path) -> None:
    async with app_with(ScriptedGenerator(), root).run_test(size=(100, 30)) as pilot:
        await open_sessions(pilot)
        await until(
            pilot, lambda: "no session here yet" in str(pilot.app.screen.query_one("#about", Static).render())
        )
        await pilot.press("enter", "r", "f", "e", "d", "y", "escape")
        await until(pilot, lambda: screen(pilot) is not SessionsScreen)


@pytest.mark.parametrize("id", ["last", "gone"])
async def test_the_app_opens_with_a_session(root: Path, id: str) -> None:
    write(Sessions(root), "What is two?", "It is 2.")
    app = CoderApp(Workspace(root, is_git=True), lambda *_: ScriptedGenerator(), resume=id)
    async with app.run_test(size=(100, 30)) as pilot:
        if id == "gone":
            await until(pilot, lambda: "There is no session gone here." in told(pilot))
        else:
            await until(
                pilot, lambda: [each.text for each in pilot.app.query(UserMessage)] == ["What is two?"]
            )


def test_the_hour_for_today_else_the_day() -> None:
    now = 1_795_600_000.0
    assert (len(when(now, now)), when(now, now)[2]) == (5, ":")
    assert len(when(now - 86_400 * 2, now)) == 10
