"""The terminal app: talk with the model, see what it proposes, apply it or not."""

import asyncio
import time
from collections import deque
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from assistant.chat.generator import ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import CoderError
from assistant.resources import resource_folder
from assistant.tui.changes import proposed_changes
from assistant.tui.conversation import AssistantMessage, Conversation, Notice, UserMessage
from assistant.tui.generation import (
    Bridge,
    Failed,
    Finished,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Reading,
    Written,
)
from assistant.tui.mentions import include_mentions
from assistant.tui.prompt import Prompt
from assistant.tui.proposal import Proposal, read_proposal
from assistant.tui.status import StatusBar
from assistant.tui.theme import THEME

WELCOME = "Enter sends · Ctrl+J new line · Esc cancels · Ctrl+L new conversation · Ctrl+Q quits"
QUIT_WITHIN_S = 2.0
CUT_OFF = {
    "length": ("The answer reached its length limit.", ""),
    "context": ("The context is full, so the answer stops here.", "Ctrl+L starts a new conversation."),
    "cancelled": ("Cancelled.", ""),
}


class CoderApp(App[None]):
    """Opens at once; `load` runs in a thread and reports (what, fraction) while it works."""

    TITLE = "coder"
    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", priority=True),
        Binding("ctrl+l", "new_conversation", "New conversation", priority=True),
        Binding("ctrl+c", "interrupt", "Copy or quit", priority=True),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(self, root: Path, load: Load) -> None:
        super().__init__()
        self.root = root.resolve()
        self._load = load
        self._bridge = Bridge(self)
        self._instructions = Message("system", (resource_folder("prompts") / "chat.md").read_text("utf-8"))
        self._history: list[Message] = []
        self._sources: dict[str, str] = {}
        self._meant: Path | None = None
        self._waiting: deque[tuple[str, UserMessage]] = deque()
        self._no_model: CoderError | None = None
        self._busy = False
        self._run = 0
        self._question: Message | None = None
        self._answer: AssistantMessage | None = None
        self._interrupted_at = -QUIT_WITHIN_S

    @property
    def shown_root(self) -> str:
        """The folder as a person writes it."""
        home = Path.home()
        inside = self.root != home and self.root.is_relative_to(home)
        return f"~/{self.root.relative_to(home).as_posix()}" if inside else str(self.root)

    def compose(self) -> ComposeResult:
        yield Conversation()
        yield Prompt()
        yield StatusBar()

    async def on_mount(self) -> None:
        self.register_theme(THEME)
        self.theme = THEME.name
        self.conversation = self.query_one(Conversation)
        self.prompt = self.query_one(Prompt)
        self.status = self.query_one(StatusBar)
        # At once, not with the next messages: keys typed before the app was there are among those.
        self.set_focus(self.prompt)
        await self.conversation.add(Notice(self.shown_root, WELCOME))
        self.status.show_loading("loading the model", 0.0)
        self._bridge.load(self._load)

    async def on_unmount(self) -> None:
        await asyncio.to_thread(self._bridge.close)

    # The model

    def on_loading(self, event: Loading) -> None:
        self.status.show_loading(event.what, event.fraction)

    def on_loaded(self, event: Loaded) -> None:
        self.status.show_model(event.name, event.context_tokens)
        self._next()

    async def on_load_failed(self, event: LoadFailed) -> None:
        await self._without_model(event.error)

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the program itself must not take the conversation away."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        fault = CoderError(
            f"Unexpected {type(error).__name__}: {error}", hint="This is a fault of the program."
        )
        if event.worker.name == "load":
            await self._without_model(fault)
        else:
            await self._stopped(fault)

    # Questions

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        message = UserMessage(event.text)
        await self.conversation.add(message)
        self.conversation.anchor()
        self._waiting.append((event.text, message))
        if self._no_model is not None:
            await self._without_model(self._no_model)
        self._next()

    def _next(self) -> None:
        """Ask the model the next waiting question, when it is free."""
        if self._bridge.ready and not self._busy and self._waiting:
            self._busy = True
            text, message = self._waiting.popleft()
            self.run_worker(self._ask(text, message), name="ask", exit_on_error=False)

    async def _ask(self, text: str, message: UserMessage) -> None:
        message.remove_class("waiting")
        run = self._run
        try:
            mentioned = await asyncio.to_thread(include_mentions, text, self.root)
        except CoderError as error:
            self.prompt.give_back(text)
            await self._stopped(error)
            return
        for name in mentioned.missing:
            await self.conversation.add(Notice(f"There is no file {name}; the message was sent without it."))
        if run != self._run:
            self._free()
            return
        self._meant = mentioned.files[0].path if len(mentioned.files) == 1 else None
        # The newest files come last, and a file that is mentioned again moves there with its newest text.
        for file in mentioned.files:
            self._sources.pop(file.shown, None)
            self._sources[file.shown] = file.text
        self._question = Message("user", mentioned.content)
        self._answer = AssistantMessage()
        self.status.show_waiting()
        messages = [self._instructions, *self._history, self._question]
        self._bridge.reply(run, messages, ReplyOptions(sources=tuple(self._sources.values())))
        await self.conversation.add(self._answer)

    # Answers

    def on_reading(self, event: Reading) -> None:
        if event.run == self._run:
            self.status.show_reading(event.progress)

    async def on_written(self, event: Written) -> None:
        if event.run != self._run or self._answer is None:
            return
        self.status.show_speed(event.speed)
        for text, thinking in event.pieces:
            await self._answer.write(text, thinking)

    async def on_finished(self, event: Finished) -> None:
        if event.run == self._run and self._answer is not None and self._question is not None:
            reply = event.reply
            self.status.show_speed(event.speed)
            await self._answer.finish()
            if reply.text.strip():
                self._history += [self._question, Message("assistant", reply.text)]
            if reply.finish in CUT_OFF:
                await self.conversation.add(Notice(*CUT_OFF[reply.finish]))
            await self._propose(reply.text)
        self._free()

    async def on_failed(self, event: Failed) -> None:
        if event.run == self._run:
            await self._stopped(event.error)
        else:
            self._free()

    async def _propose(self, answer: str) -> None:
        """Show the changes in the answer, and look at the first if the user is not writing."""
        for change in await asyncio.to_thread(proposed_changes, answer, self.root, self._meant):
            try:
                proposal = await asyncio.to_thread(read_proposal, change, self.root)
            except CoderError as error:
                await self.conversation.add(Notice.of(error))
                continue
            if proposal is not None:
                await self.conversation.add(proposal)
            else:
                shown = change.path.relative_to(self.root).as_posix()
                await self.conversation.add(Notice(f"{shown} would stay as it is."))
        if not self.prompt.text:
            self._focus_next()

    def on_proposal_decided(self, _: Proposal.Decided) -> None:
        self._focus_next()

    def _focus_next(self) -> None:
        """The next proposal that waits for a decision, else the prompt."""
        pending = (proposal for proposal in self.query(Proposal) if proposal.pending)
        next(pending, self.prompt).focus()

    async def _stopped(self, error: CoderError) -> None:
        if self._answer is not None:
            await self._answer.finish()
        await self.conversation.add(Notice.of(error))
        self.status.clear_speed()
        self._free()

    async def _without_model(self, error: CoderError) -> None:
        """Say why there is no model, and give back what was waiting for it."""
        self._no_model = error
        self.status.show_no_model()
        await self.conversation.add(Notice.of(error))
        while self._waiting:
            self.prompt.give_back(self._waiting.pop()[0])

    def _free(self) -> None:
        self._busy = False
        self._question = self._answer = None
        self._next()

    # Keys

    def action_cancel(self) -> None:
        """Cancel the reply; when there is none, go back to the prompt."""
        if self._busy:
            self._bridge.cancel()
        else:
            self.prompt.focus()

    async def action_new_conversation(self) -> None:
        self._bridge.cancel()
        self._run += 1
        self._history.clear()
        self._sources.clear()
        self._waiting.clear()
        self._answer = None
        await self.conversation.clear()
        await self.conversation.add(Notice(self.shown_root, WELCOME))
        self.status.clear_speed()
        self.prompt.focus()

    def action_interrupt(self) -> None:
        """Ctrl+C copies what is selected; else it cancels, and quits when pressed twice."""
        selected = self.prompt.selected_text or self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            return
        now = time.monotonic()
        if now - self._interrupted_at < QUIT_WITHIN_S:
            self.exit()
            return
        self._interrupted_at = now
        self._bridge.cancel()
        self.notify("Ctrl+C again quits", timeout=QUIT_WITHIN_S)
