"""The conversation with the model: questions wait, go, and are answered; changes are proposed."""

import asyncio
from collections import deque
from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from assistant.errors import CoderError
from assistant.repo.checkpoints import write_recorded
from assistant.repo.files import SourceFile
from assistant.repo.workspace import Workspace
from assistant.tui import generation_events as events
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.conversation import Conversation
from assistant.tui.generation import Bridge, Load
from assistant.tui.no_model import NoModel
from assistant.tui.notice import Notice
from assistant.tui.proposal import Proposal
from assistant.tui.record import Record
from assistant.tui.user_message import UserMessage
from assistant.tui.welcome import Welcome

if TYPE_CHECKING:
    from assistant.agent.dialogue import Dialogue, FileChange, Question
    from assistant.chat.generator import Generator, Reply


class Turns(Conversation):
    """Takes what the bridge tells. All that it is told goes on to the screen."""

    class GivenBack(Message):
        """A question that was not asked returns to the prompt."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Changed(Message):
        """Something began, ended or is to be decided: `look` says whether to look at the latter."""

        def __init__(self, look: bool = False) -> None:
            super().__init__()
            self.look = look

    def __init__(self, workspace: Workspace, shown_root: str, load: Load) -> None:
        super().__init__()
        self._shown_root = shown_root
        self._workspace = workspace
        self._load = load
        self._bridge = Bridge(self)
        self._waiting: deque[UserMessage] = deque()
        self._no_model: CoderError | None = None
        self._run = 0
        self._asked: UserMessage | None = None
        self._answer: AssistantMessage | None = None
        self.origins_shown = False

    @cached_property
    def _dialogue(self) -> "Dialogue":
        from assistant.agent.dialogue import Dialogue  # slow to import: the app is on the screen by now

        return Dialogue(self._workspace)

    @property
    def answers(self) -> bool:
        """Whether a question is being answered."""
        return self._asked is not None

    @property
    def waits(self) -> bool:
        """Whether a question waits for its turn."""
        return bool(self._waiting)

    @property
    def has_no_model(self) -> bool:
        return self._no_model is not None

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._welcome()

    def on_mount(self) -> None:
        self._bridge.load(self._load)

    async def on_unmount(self) -> None:
        await asyncio.to_thread(self._bridge.close)

    # The model

    async def load_again(self, load: Load | None = None) -> None:
        """Load the model again, or another in its place: an answer that is being written ends."""
        self._load = load or self._load
        self._bridge.cancel()
        self._no_model = None
        await self.query(NoModel).remove()
        if not self.messages and not self.query(Welcome):
            await self.mount(self._welcome())
        self._bridge.load(self._load)

    async def on_told(self, event: events.Told) -> None:
        await self.add(Notice(event.note))

    def on_loaded(self, _: events.Loaded) -> None:
        self._next()

    async def on_load_failed(self, event: events.LoadFailed) -> None:
        await self._without_model(event.error)

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the program itself must not take the conversation away."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        fault = CoderError(
            f"Unexpected {type(error).__name__}: {error}", hint="This is a fault of the program."
        )
        await (self._without_model if event.worker.name == "load" else self._stopped)(fault)

    async def _without_model(self, error: CoderError) -> None:
        """Say why there is no model, and give back what was waiting for it."""
        self._no_model = error
        await self.query(NoModel).remove()
        await self.add(NoModel(error))
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
        """Ask the model the next waiting question, when it is free."""
        if self._bridge.ready and self._asked is None and self._waiting:
            self._asked = self._waiting.popleft()
            self._asked.begin()
            self._bridge.reply(self._run, partial(self._question, self._asked))
        self.post_message(self.Changed())

    def _question(self, message: UserMessage, generator: "Generator") -> "Question":
        return self._dialogue.ask(message.text, generator, pasted=message.pasted)

    def cancel(self) -> None:
        """End the answer within one step; what is written stays."""
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
        asked = [m for m in messages[: until + 1] if isinstance(m, UserMessage) and m.question is not None]
        if not asked or self._asked is not None:
            return None
        question = asked[-1].question
        assert question is not None
        self._dialogue.rewind(question)
        await self.remove_from(asked[-1])
        return asked[-1]

    async def begin_anew(self) -> None:
        """Forget everything."""
        self._bridge.cancel()
        self._run += 1
        self._dialogue.clear()
        self._waiting.clear()
        self._answer = None
        await self.clear()
        await self.mount(self._welcome())

    def _welcome(self) -> Welcome:
        return Welcome(self._shown_root, self._workspace.is_git)

    def records_so_far(self) -> list[Record]:
        """All messages, with what there is of an answer that is not whole."""
        written = [self._answer.so_far()] if self._answer is not None else []
        return [*self.records(), *written]

    def show_origins(self, shown: bool) -> None:
        """Show where each word of the answers came from, or the answers as they are meant."""
        self.origins_shown = shown
        for message in self.query(AssistantMessage):
            message.show_origins(shown)

    # Answers

    async def on_asked(self, event: events.Asked) -> None:
        if event.run == self._run and self._asked is not None:
            self._asked.question = event.question
            self._answer = AssistantMessage(event.question.options.prefix)
            await self.add(self._answer)
            self._answer.show_origins(self.origins_shown)

    def on_reading(self, event: events.Reading) -> None:
        if event.run == self._run and self._answer is not None:
            self._answer.show_reading(event.progress, event.tokens_per_s)

    async def on_written(self, event: events.Written) -> None:
        if event.run == self._run and self._answer is not None:
            await self._answer.write(event.pieces)

    async def on_finished(self, event: events.Finished) -> None:
        if event.run == self._run and self._answer is not None:
            self._dialogue.keep(event.question, event.reply)
            await self._answer.finish(event.reply.finish, event.speed)
            await self._propose(event.question, event.reply, self._answer)
        self._free()

    async def on_failed(self, event: events.Failed) -> None:
        if event.run == self._run:
            await self._stopped(event.error)
        else:
            self._free()

    async def _stopped(self, error: CoderError) -> None:
        """There is no answer; a question that was not even begun can be put right."""
        if self._answer is not None:
            await self._answer.finish()
        if self._asked is not None:
            self.post_message(self.GivenBack(self._asked.text))
        await self.add(Notice.of(error))
        self._free()

    def _free(self) -> None:
        self._asked = self._answer = None
        self._next()

    # Changes

    async def _propose(self, question: "Question", reply: "Reply", answer: AssistantMessage) -> None:
        """Show the changes in the answer."""
        for found in await asyncio.to_thread(self._dialogue.changes, question, reply):
            if isinstance(found, CoderError):
                await self.add(Notice(found.message, found.hint))
                continue
            if question.rewrite is not None:
                rewritten = question.rewrite.place.definition
                answer.fold(f"Rewrote the {rewritten.kind if rewritten else 'file'}")
            await self.add(Proposal(found, self._write))
        self.post_message(self.Changed(look=True))

    def _write(self, change: "FileChange") -> SourceFile:
        return write_recorded(change.source, change.text, f"apply {change.source.shown}")

    def on_proposal_decided(self, event: Proposal.Decided) -> None:
        if event.now is not None:
            self._dialogue.applied(event.now)
        self.post_message(self.Changed(look=True))
