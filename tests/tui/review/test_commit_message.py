"""The message of a commit is the model's, the user's or made by rule, and nobody waits for the model."""

from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from assistant.agent.review import Comment
from assistant.errors import CoderError
from assistant.repo.diff import Diff
from assistant.tui.review.app import ReviewApp
from assistant.tui.review.commit_box import CommitBox
from assistant.tui.review.pane import DiffPane
from assistant.tui.review.screen import ReviewScreen
from assistant.tui.review.state import Review
from tests.repo.repository import git
from tests.scripted import ScriptedGenerator
from tests.tui.driving import app_with, until
from tests.tui.review.reviewing import SIZE, cart_repository, ready, said

PATH = "shop/cart.py"
Reviewing = Pilot[tuple[Comment, ...]]


class HeldWriter:
    """Writes `says` once it is let go, or cancelled."""

    is_loaded = is_able = True

    def __init__(self, says: str | CoderError) -> None:
        self._says = says
        self.let_go, self.begun = Event(), Event()
        self.cancels: list[Event] = []

    def message(self, staged: Diff, cancel: Event) -> str:
        self.cancels.append(cancel)
        self.begun.set()
        while not self.let_go.wait(0.01) and not cancel.is_set():
            pass
        if isinstance(self._says, CoderError):
            raise self._says
        return self._says


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return cart_repository(tmp_path / "repo")


async def open_box(pilot: Reviewing) -> None:
    await pilot.press("C")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))


def text(pilot: Reviewing) -> str:
    return pilot.app.screen.query_one(TextArea).text


def note(pilot: Reviewing) -> str:
    return str(pilot.app.screen.query_one("#note").render())


async def commit_box(pilot: Pilot[None]) -> TextArea:
    """The box of the review in the app, opened once there is a model and with something staged."""
    await until(pilot, lambda: pilot.app.chat.conversation.model)  # type: ignore[attr-defined]
    await pilot.press("ctrl+r")
    await until(pilot, lambda: pilot.app.screen.query(DiffPane) and pilot.app.screen.query_one(DiffPane).file)
    await pilot.press("s", "C")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
    return pilot.app.screen.query_one(TextArea)


async def test_the_model_of_the_conversation_writes_it(root: Path) -> None:
    generator = ScriptedGenerator("Sum up with a generator expression")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        area = await commit_box(pilot)
        await until(pilot, lambda: area.text == "Sum up with a generator expression")
        assert "+" in generator.asked[0][0][0].content
        await pilot.press(*"!", "ctrl+s")
        await until(pilot, lambda: git(root, "log", "-1", "--format=%s") != b"Others\n")
        assert git(root, "log", "-1", "--format=%B") == b"Sum up with a generator expression!\n\n"


async def test_a_model_too_small_for_it_is_asked_only_when_told_to(root: Path) -> None:
    generator = ScriptedGenerator("Sum up with a generator expression", tool_format=None)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        area = await commit_box(pilot)
        assert area.text == f"Update {PATH}" and not generator.asked
        await pilot.press("ctrl+g")
        await until(pilot, lambda: area.text == "Sum up with a generator expression")


async def test_without_a_model_it_is_made_by_rule(root: Path) -> None:
    generator = ScriptedGenerator()
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.chat.conversation.model)  # type: ignore[attr-defined]
        pilot.app.chat.conversation._bridge._generator = None  # type: ignore[attr-defined]
        await pilot.press("ctrl+r")
        await until(
            pilot, lambda: pilot.app.screen.query(DiffPane) and pilot.app.screen.query_one(DiffPane).file
        )
        await pilot.press("s", "C")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
        assert pilot.app.screen.query_one(TextArea).text == f"Update {PATH}"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "No model is loaded" in str(pilot.app.screen.query_one("#note").render()))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: git(root, "log", "-1", "--format=%s") == f"Update {PATH}\n".encode())


async def test_nobody_waits_for_the_model(root: Path) -> None:
    writer = HeldWriter("Too late")
    async with ReviewApp(Review(root), writer).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await open_box(pilot)
        await until(pilot, writer.begun.is_set)
        assert "reads the diff" in note(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: git(root, "log", "-1", "--format=%s") == f"Update {PATH}\n".encode())
        await until(pilot, writer.cancels[0].is_set)


async def test_what_the_user_writes_meanwhile_stays(root: Path) -> None:
    writer = HeldWriter("The model's")
    async with ReviewApp(Review(root), writer).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await open_box(pilot)
        await until(pilot, writer.begun.is_set)
        await pilot.press(*" mine")
        writer.let_go.set()
        await until(pilot, lambda: "Your words stay" in note(pilot))
        assert text(pilot) == f"Update {PATH} mine"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: text(pilot) == "The model's")
        await pilot.press("ctrl+z")
        assert text(pilot) == f"Update {PATH} mine", "the field's own undo brings them back"


async def test_a_model_that_fails_leaves_the_message(root: Path) -> None:
    writer = HeldWriter(CoderError("The server is gone.", hint="Start it."))
    writer.let_go.set()
    async with ReviewApp(Review(root), writer).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await open_box(pilot)
        await until(pilot, lambda: "The server is gone. Start it." in note(pilot))
        assert text(pilot) == f"Update {PATH}"


async def test_words_wait_for_their_commit(root: Path) -> None:
    hook = root / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no good; exit 1\n")
    hook.chmod(0o755)
    async with ReviewApp(Review(root)).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await open_box(pilot)
        await pilot.press(*" by me", "escape")
        for key, outcome in (("ctrl+r", "no good"), ("ctrl+s", "commit")):
            await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
            await open_box(pilot)
            assert text(pilot) == f"Update {PATH} by me"
            await pilot.press(key)
            await until(
                pilot,
                lambda: isinstance(pilot.app.screen, ReviewScreen) and outcome in said(pilot),  # noqa: B023
            )
        await pilot.press("s")
        await open_box(pilot)
        assert text(pilot) == f"Update {PATH}"
