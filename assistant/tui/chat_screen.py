"""The conversation with the model: questions wait, go, and are answered; changes are proposed."""

import asyncio
from collections import deque
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer
from textual.worker import Worker, WorkerState

from assistant.errors import CoderError
from assistant.repo.checkpoints import write_recorded
from assistant.repo.files import SourceFile
from assistant.repo.workspace import Workspace
from assistant.tui import generation_events as events
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.conversation import Conversation
from assistant.tui.generation import Bridge, Load
from assistant.tui.help import Help
from assistant.tui.no_model import NoModel
from assistant.tui.notice import Notice
from assistant.tui.prompt import Prompt
from assistant.tui.proposal import Proposal
from assistant.tui.status import StatusBar
from assistant.tui.user_message import UserMessage
from assistant.tui.welcome import Welcome
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.agent.dialogue import Dialogue, FileChange, Question
    from assistant.chat.generator import Generator, Reply


class ChatScreen(Screen[None]):
    """Opens at once; the model is loaded in a thread."""

    DEFAULT_CSS = """
    ChatScreen { background: $background; }
    ChatScreen > Footer { padding: 0 1; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("escape", "back", "Back"),
        Binding("f5", "load_again", "Load the model"),
        Binding("ctrl+l", "new_conversation", "New"),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("f1,question_mark", "help", "Help", key_display="F1"),
    ]

    def __init__(self, workspace: Workspace, shown_root: str, load: Load) -> None:
        super().__init__()
        self._workspace = workspace
        self._shown_root = visible(shown_root)
        self._load = load
        self._bridge = Bridge(self)
        self._waiting: deque[tuple[Prompt.Sent, UserMessage]] = deque()
        self._no_model: CoderError | None = None
        self._run = 0
        self._asked: Prompt.Sent | None = None
        self._answer: AssistantMessage | None = None

    @cached_property
    def _dialogue(self) -> "Dialogue":
        from assistant.agent.dialogue import Dialogue  # slow to import: the app is on the screen by now

        return Dialogue(self._workspace)

    def compose(self) -> ComposeResult:
        yield Conversation()
        yield Prompt(self._shown_root)
        yield StatusBar()
        yield Footer(compact=True)

    async def on_mount(self) -> None:
        self.conversation = self.query_one(Conversation)
        self.prompt = self.query_one(Prompt)
        self.status = self.query_one(StatusBar)
        # At once, not with the next messages: keys typed before the app was there are among those.
        self.set_focus(self.prompt)
        await self._welcome()
        self._start_loading()

    async def on_unmount(self) -> None:
        await asyncio.to_thread(self._bridge.close)

    # The model

    def _start_loading(self) -> None:
        self._no_model = None
        self.status.show_loading("loading the model", 0.0)
        self._bridge.load(self._load)

    def on_loading(self, event: events.Loading) -> None:
        self.status.show_loading(event.what, event.fraction)

    async def on_told(self, event: events.Told) -> None:
        await self.conversation.add(Notice(event.note))

    def on_loaded(self, event: events.Loaded) -> None:
        self.status.show_model(event.name, event.context_tokens)
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
        self.status.show_no_model()
        await self.conversation.query(NoModel).remove()
        await self.conversation.add(NoModel(error))
        while self._waiting:
            await self._take_back()
        self.refresh_bindings()

    # Questions

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        waits_for = "the answer before it is there" if self._bridge.ready else "the model is loaded"
        message = UserMessage(event.text, waits_for)
        await self.conversation.add(message)
        self.conversation.anchor()
        self._waiting.append((event, message))
        if self._no_model is not None:
            await self._without_model(self._no_model)
        self._next()

    def _next(self) -> None:
        """Ask the model the next waiting question, when it is free."""
        if self._bridge.ready and self._asked is None and self._waiting:
            self._asked, message = self._waiting.popleft()
            message.begin()
            self._bridge.reply(self._run, partial(self._ask, self._asked))
        self.refresh_bindings()

    def _ask(self, sent: Prompt.Sent, generator: "Generator") -> "Question":
        return self._dialogue.ask(sent.text, generator, pasted=sent.pasted)

    async def _take_back(self) -> None:
        """Put the newest waiting question back into the prompt."""
        sent, message = self._waiting.pop()
        await message.remove()
        self.prompt.give_back(sent.text)

    # Answers

    async def on_asked(self, event: events.Asked) -> None:
        if event.run == self._run:
            self._answer = AssistantMessage(event.question.options.prefix)
            await self.conversation.add(self._answer)

    def on_reading(self, event: events.Reading) -> None:
        if event.run == self._run and self._answer is not None:
            self._answer.show_reading(event.progress, event.tokens_per_s)

    async def on_written(self, event: events.Written) -> None:
        if event.run == self._run and self._answer is not None:
            self.status.show_speed(event.speed)
            for text, thinking in event.pieces:
                await self._answer.write(text, thinking)

    async def on_finished(self, event: events.Finished) -> None:
        if event.run == self._run and self._answer is not None:
            self.status.show_speed(event.speed)
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
            self.prompt.give_back(self._asked.text)
        await self.conversation.add(Notice.of(error))
        self._free()

    def _free(self) -> None:
        self._asked = self._answer = None
        self._next()

    # Changes

    async def _propose(self, question: "Question", reply: "Reply", answer: AssistantMessage) -> None:
        """Show the changes in the answer, and look at the first if the user is not writing."""
        for found in await asyncio.to_thread(self._dialogue.changes, question, reply):
            if isinstance(found, CoderError):
                await self.conversation.add(Notice(found.message, found.hint))
                continue
            if question.rewrite is not None:
                rewritten = question.rewrite.place.definition
                answer.fold(f"Rewrote the {rewritten.kind if rewritten else 'file'}")
            await self.conversation.add(Proposal(found, self._write))
        if not self.prompt.text:
            self._focus_next()

    def _write(self, change: "FileChange") -> SourceFile:
        return write_recorded(change.source, change.text, f"apply {change.source.shown}")

    def on_proposal_decided(self, event: Proposal.Decided) -> None:
        if event.now is not None:
            self._dialogue.applied(event.now)
        self._focus_next()

    def _focus_next(self) -> None:
        """The next proposal that waits for a decision, else the prompt."""
        pending = (proposal for proposal in self.query(Proposal) if proposal.pending)
        next(pending, self.prompt).focus()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "cancel":
                return self._asked is not None or bool(self._waiting)
            case "back":
                return self.focused is not self.prompt and not self.check_action("cancel", ())
            case "load_again":
                return self._no_model is not None
        return True

    async def action_cancel(self) -> None:
        """Cancel the reply; while there is none, take a waiting question back."""
        if self._asked is not None:
            self._bridge.cancel()
        elif self._waiting:
            await self._take_back()
        self.refresh_bindings()

    def action_back(self) -> None:
        self.prompt.focus()

    async def action_load_again(self) -> None:
        await self.conversation.query(NoModel).remove()
        if not self.conversation.children:
            await self._welcome()
        self._start_loading()
        self.refresh_bindings()

    async def action_new_conversation(self) -> None:
        self._bridge.cancel()
        self._run += 1
        self._dialogue.clear()
        self._waiting.clear()
        self._answer = None
        await self.conversation.clear()
        await self._welcome()
        self.status.clear_speed()
        self.prompt.focus()

    def action_help(self) -> None:
        self.app.push_screen(Help())

    def action_scroll(self, pages: int) -> None:
        self.conversation.scroll_relative(y=pages * self.conversation.size.height, animate=False)

    async def _welcome(self) -> None:
        await self.conversation.mount(Welcome(self._shown_root, self._workspace.is_git))
