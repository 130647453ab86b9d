"""The conversation with the model: questions wait, go, and become turns of the agent."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from assistant.errors import CoderError
from assistant.repo.workspace import Workspace
from assistant.tui import generation_events as events
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.generation import Load
from assistant.tui.notice import Notice
from assistant.tui.open_session import OpenSession
from assistant.tui.record import Record
from assistant.tui.turn.changes_card import ChangesCard
from assistant.tui.turn.decision import Decision
from assistant.tui.user_message import UserMessage
from assistant.tui.welcome import Welcome
from assistant.tui.with_model import WithModel
from assistant.tui.work import WorkOptions

if TYPE_CHECKING:  # slow to import: the app is on the screen before it is needed
    from assistant.agent.conversation import Person
    from assistant.agent.modes import Mode
    from assistant.agent.session import Session
    from assistant.tui.turn.shown_turn import ShownTurn


class Turns(WithModel):
    """Takes what the bridge tells. All that it is told goes on to the screen."""

    class GivenBack(Message):
        """A question that was not asked returns to the prompt."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Changed(Message):
        """Something began, ended or is to be decided. `why` the user should look, after so many seconds of
        work; empty for nothing."""

        def __init__(self, why: str = "", seconds: float = 0.0) -> None:
            super().__init__()
            self.why = why
            self.seconds = seconds

    def __init__(
        self, workspace: Workspace, shown_root: str, load: Load, work: WorkOptions | None = None
    ) -> None:
        super().__init__(load)
        self._shown_root = shown_root
        self._workspace = workspace
        self._work = work or WorkOptions()
        self._session = OpenSession(workspace, self._work, self._work.mode)
        self._waiting: deque[UserMessage] = deque()
        self._run = 0
        self._busy = 0
        self._tasks = 0
        self._began = 0.0
        self._asked: UserMessage | None = None
        self._turn: ShownTurn | None = None
        self.origins_shown = False

    @property
    def answers(self) -> bool:
        """Whether a question is being answered."""
        return self._asked is not None

    @property
    def waits(self) -> bool:
        """Whether a question waits for its turn."""
        return bool(self._waiting)

    @property
    def mode(self) -> "Mode":
        """What the agent may do without asking."""
        return self._session.mode

    @mode.setter
    def mode(self, mode: "Mode") -> None:
        self._session.mode = mode

    @property
    def session_id(self) -> str:
        """Of the session on disk, empty where there is none."""
        return self._session.id

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._welcome()

    async def on_unmount(self) -> None:
        await asyncio.to_thread(self._bridge.close, self._session.close)

    async def load_again(self, load: Load | None = None) -> None:
        await super().load_again(load)
        if not self.messages and not self.query(Welcome):
            await self.mount(self._welcome())

    def on_loaded(self, _: events.Loaded) -> None:
        self._next()

    async def _without_model(self, error: CoderError) -> None:
        """Give back what was waiting for it, too."""
        await super()._without_model(error)
        while self._waiting:
            await self.take_back()
        self.post_message(self.Changed())

    # Questions

    async def ask(self, text: str, pasted: str = "") -> None:
        """Answer this, when what is before it is answered."""
        waits_for = "the answer before it is there" if self._bridge.ready else "the model is loaded"
        message = UserMessage(text, waits_for, pasted=pasted)
        await self.add(message)
        await self.to_the_end()
        self._waiting.append(message)
        if self._no_model is not None:
            await self._without_model(self._no_model)
        self._next()

    def _next(self) -> None:
        """Begin the turn of the next waiting question, when the model is free."""
        if self._bridge.ready and not self._busy and self._waiting:
            self._asked = self._waiting.popleft()
            self._asked.begin()
            self._busy += 1
            self._began = time.monotonic()
            turn = partial(self._session.turn, self._asked.text, self._asked.pasted, self._person())
            self._bridge.start(self._run, turn)
        self.post_message(self.Changed())

    def _person(self) -> "Callable[[], Person]":
        return partial(self._bridge.person, self._run)

    def cancel(self) -> None:
        """End the turn within one step; what is written stays."""
        self._bridge.cancel()

    async def take_back(self) -> None:
        """Put the newest waiting question back into the prompt."""
        message = self._waiting.pop()
        await message.remove()
        self.post_message(self.GivenBack(message.text))

    async def rewind(self, to: Widget | None = None) -> UserMessage | None:
        """Forget the last question up to the message `to`, by default the last of all, and what came of it.

        Changes of files stay. Returns the question, None where none can be taken back now."""
        messages = self.messages
        until = messages.index(to) if to in messages else len(messages) - 1
        asked = [m for m in messages[: until + 1] if isinstance(m, UserMessage) and m.number is not None]
        if not asked or self._busy:
            return None
        question = asked[-1]
        assert question.number is not None
        await asyncio.to_thread(self._session.rewind, question.number, self._person())
        self._tasks = question.number
        await self.remove_from(question)
        return question

    async def undo(self, turn: int | None = None) -> None:
        """Take back the changes of that turn, by default of the last that is not taken back."""
        if self._busy:
            await self.add(Notice("A turn is under way: Esc ends it, then it can be taken back."))
            return
        try:
            undone = await asyncio.to_thread(self._session.undo, turn, self._person())
        except CoderError as error:
            await self.add(Notice.of(error))
            return
        for card in self.query(ChangesCard):
            if card.turn == undone.turn:
                card.take_back()
        paths = ", ".join(undone.paths) or "nothing: all was as before already"
        await self.add(Notice(f"Took the last change back. Restored: {paths}.", "Again: coder undo --redo"))
        await self.to_the_end()

    # Sessions

    async def begin_anew(self) -> None:
        """Begin another session."""
        await self._switch(None)
        await self.mount(self._welcome())

    async def take_up(self, session: "Session", history: Sequence[Mapping[str, Any]]) -> None:
        """Go on with a session, whose events so far are `history`."""
        from assistant.tui.turn.retold import retold

        await self._switch((session, history))
        await self.query(Welcome).remove()
        records, widgets = retold(history)
        self.past.keep(records)
        await self.mount_all(widgets)
        self._tasks = sum(event["event"] == "started" for event in history)
        await self.to_the_end()

    async def _switch(self, to: "tuple[Session, Sequence[Mapping[str, Any]]] | None") -> None:
        self._bridge.cancel()
        self._busy += 1
        self._bridge.later(self._run, self._session.close)
        self._session = OpenSession(self._workspace, self._work, self.mode, to)
        self._run += 1
        self._tasks = 0
        self._waiting.clear()
        self._asked = self._turn = None
        await self.clear()

    def _welcome(self) -> Welcome:
        return Welcome(self._shown_root, self._workspace.is_git)

    def records_so_far(self) -> list[Record]:
        """All messages, with what there is of an answer that is not whole."""
        answer = self._turn.answer if self._turn is not None else None
        return [*self.records(), *([answer.so_far()] if answer is not None and not answer.record() else [])]

    def show_origins(self, shown: bool) -> None:
        """Show where each word of the answers came from, or the answers as they are meant."""
        self.origins_shown = shown
        for message in self.query(AssistantMessage):
            message.show_origins(shown)

    # The turn

    @on(events.Reading)
    @on(events.Written)
    @on(events.Replied)
    @on(events.Happened)
    @on(events.ConsentWanted)
    @on(events.QuestionAsked)
    async def _show_of_turn(self, event: events.OfTurn) -> None:
        if event.run != self._run or self._asked is None:
            return
        from assistant.agent.events import Outcome, Started
        from assistant.tui.turn.shown_turn import ShownTurn

        if self._turn is None:
            self._turn = ShownTurn(self, origins_shown=self.origins_shown)
        match event:
            case events.Happened(event=Started(task=task)):
                await self._started(task)
            case _:
                await self._turn.show(event)
        match event:
            case events.Happened(event=Outcome()):
                self._look("the answer is there")
            case events.ConsentWanted() | events.QuestionAsked():
                self._look("it waits for you")

    def _look(self, why: str) -> None:
        self.post_message(self.Changed(why, time.monotonic() - self._began))

    async def _started(self, task: str) -> None:
        """The question that waited, or a further one that came of it."""
        assert self._asked is not None
        if self._asked.number is not None:
            self._asked = UserMessage(task)
            await self.add(self._asked)
        self._asked.number = self._tasks
        self._tasks += 1

    async def on_decision_decided(self, event: Decision.Decided) -> None:
        await event.decision.remove()
        self._look("it goes on")

    async def on_failed(self, event: events.Failed) -> None:
        if event.run == self._run:
            await self._not_begun(event.error)

    async def _not_begun(self, error: CoderError) -> None:
        """The question can be put right."""
        if self._asked is not None:
            if self._asked.number is not None:
                self._tasks = self._asked.number
                self._asked.number = None
            self.post_message(self.GivenBack(self._asked.text))
        await super()._not_begun(error)

    async def on_ended(self, event: events.Ended) -> None:
        self._busy -= 1
        if event.run == self._run:
            if self._turn is not None:
                await self._turn.end()
            self._asked = self._turn = None
        self._next()

    async def on_changes_card_undo_wanted(self, event: ChangesCard.UndoWanted) -> None:
        await self.undo(event.turn)
