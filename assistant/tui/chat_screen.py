"""The main screen: the conversation, the prompt, the status bar, and what their keys and commands do."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from assistant.agent.modes import Mode, mode_called, next_mode
from assistant.errors import CoderError
from assistant.repo.workspace import Workspace
from assistant.tui import generation_events as events
from assistant.tui.attention import call_back
from assistant.tui.export import exported
from assistant.tui.generation import Load
from assistant.tui.message import ChatMessage
from assistant.tui.notice import Notice
from assistant.tui.prompt import Prompt, PromptBox
from assistant.tui.prompt.commands import Command, find_command
from assistant.tui.rescue import take_untold
from assistant.tui.run_card import RunCard
from assistant.tui.search_bar import SearchBar
from assistant.tui.speculation.log import SpeculationLog
from assistant.tui.speculation.panel import SpeculationPanel
from assistant.tui.status import StatusBar
from assistant.tui.turn.decision import Decision
from assistant.tui.turns import Turns
from assistant.tui.work import WorkOptions
from assistant.visible import visible

if TYPE_CHECKING:  # slow to import
    from collections.abc import Mapping, Sequence

    from assistant.agent.session import Session


class ChatScreen(Screen[None]):
    """Opens at once; the model is loaded in a thread."""

    DEFAULT_CSS = """
    ChatScreen { background: $background; }
    ChatScreen > Footer { padding: 0 1; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("escape", "back", "Back"),
        Binding("f5", "load_again", "Load model", id="load"),
        Binding("f3", "origins", "Origins", show=False, id="origins"),
        Binding("f4", "speculation", "Speed", id="stats"),
        Binding("ctrl+r", "app.review", "Review", id="review"),
        Binding("ctrl+f", "find", "Find", show=False, id="find"),
        Binding("ctrl+up,alt+up", "select(-1)", "Messages", key_display="^↑", show=False, id="older"),
        Binding("ctrl+down,alt+down", "select(1)", show=False, id="newer"),
        Binding("ctrl+l", "new_conversation", "New", show=False, id="new"),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("shift+tab", "next_mode", "Mode", key_display="⇧Tab", priority=True, id="mode"),
        Binding("f1,question_mark", "app.help", "Help", key_display="F1", id="help"),
    ]

    def __init__(
        self, workspace: Workspace, shown_root: str, load: Load, work: WorkOptions | None = None
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._shown_root = visible(shown_root)
        self._log = SpeculationLog()
        self._match = 0
        self._outputs: list[str] = []
        self.conversation = Turns(workspace, self._shown_root, load, work)
        self.status = StatusBar()
        self.search = SearchBar()
        self.model = ""

    def compose(self) -> ComposeResult:
        yield self.conversation
        yield self.search
        yield PromptBox(self._workspace, self._shown_root)
        yield self.status
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self.prompt = self.query_one(Prompt)
        # At once, not with the next messages: keys typed before the app was there are among those.
        self.set_focus(self.prompt)
        self.status.show_mode(self.conversation.mode)
        self.status.show_loading("loading the model", 0.0)
        for path in await asyncio.to_thread(take_untold):
            await self.conversation.add(Notice(f"A terminal was closed; its conversation is in {path}."))

    # What the model tells

    def on_loading(self, event: events.Loading) -> None:
        self.status.show_loading(event.what, event.fraction)

    def on_loaded(self, event: events.Loaded) -> None:
        self.model = event.name
        self.status.show_model(event.name, event.context_tokens)
        self._log.pass_seconds = event.pass_seconds

    def on_written(self, event: events.Written) -> None:
        self.status.show_speed(event.speed)
        self._log.add(event.speed.stats)

    def on_replied(self, event: events.Replied) -> None:
        self.status.show_speed(event.speed)
        self._log.add(event.speed.stats)
        self._log.end()

    def on_turns_changed(self, event: Turns.Changed) -> None:
        """Look at what is to be decided, if the user is not writing."""
        if self.conversation.has_no_model:
            self.status.show_no_model()
        if event.why:
            call_back(self.app, f"coder: {event.why}", event.seconds)
            if not self.prompt.text:
                self._focus_next()
        self.refresh_bindings()

    def on_turns_given_back(self, event: Turns.GivenBack) -> None:
        self.prompt.give_back(event.text)

    def _focus_next(self) -> None:
        """What waits for a decision, else the prompt."""
        pending = (decision for decision in self.query(Decision) if decision.pending)
        next(pending, self.prompt).focus()

    # What the user writes

    async def on_prompt_sent(self, event: Prompt.Sent) -> None:
        pasted = "\n\n".join(filter(None, [event.pasted, *self._outputs]))
        self._outputs.clear()
        self.prompt.border_subtitle = ""
        await self.conversation.ask(event.text, pasted)

    async def on_prompt_commanded(self, event: Prompt.Commanded) -> None:
        command = find_command(event.name)
        if command is None:
            self.notify(f"There is no command /{event.name}. /help lists them.", severity="warning")
            self.prompt.give_back(f"/{event.name} {event.argument}".strip())
        else:
            await self.command(command, event.argument)

    async def command(self, command: Command, argument: str = "") -> None:
        """Do what the command says."""
        await self.run_action(f"{command.action}({argument!r})" if command.takes else command.action)

    async def on_prompt_run(self, event: Prompt.Run) -> None:
        card = RunCard(event.command, self._workspace)
        await self.conversation.add(card)
        await self.conversation.to_the_end()
        card.focus()

    def on_run_card_ended(self, event: RunCard.Ended) -> None:
        if event.result is not None:
            call_back(
                self.app, f"coder: {event.result.command} {event.result.describe()}", event.result.seconds
            )
            self._outputs.append(event.card.told_to_model)
            count = len(self._outputs)
            outputs = "the output" if count == 1 else f"{count} outputs"
            self.prompt.border_subtitle = f"{outputs} above goes with the next question"
        self.prompt.focus()

    # Keys and commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "cancel":
                return self.conversation.answers or self.conversation.waits
            case "find_next":
                return bool(self.search.text)
            case "back":
                return self.focused is not self.prompt and not self.check_action("cancel", ())
            case "load_again":
                return self.conversation.has_no_model
        return True

    async def action_cancel(self) -> None:
        """Cancel the reply; while there is none, take a waiting question back."""
        if self.conversation.answers:
            self.conversation.cancel()
        elif self.conversation.waits:
            await self.conversation.take_back()
        self.refresh_bindings()

    def action_back(self) -> None:
        self.search.action_close()

    async def action_load_again(self) -> None:
        await self.load_model()

    async def load_model(self, load: Load | None = None) -> None:
        """Load another model in the place of the one there is; without `load`, the same again."""
        self.model = ""
        self.status.show_loading("loading the model", 0.0)
        self.status.clear_speed()
        await self.conversation.load_again(load)
        self.refresh_bindings()

    def action_next_mode(self) -> None:
        self._take_mode(next_mode(self.conversation.mode))

    def action_mode(self, name: str) -> None:
        """The mode called so, or that begins so; without a name, the next."""
        try:
            self._take_mode(mode_called(name) if name else next_mode(self.conversation.mode))
        except CoderError as error:
            self.notify(visible(f"{error.message} {error.hint}"), severity="warning", markup=False)

    def _take_mode(self, mode: Mode) -> None:
        self.conversation.mode = mode
        self.status.show_mode(mode)

    async def action_undo(self) -> None:
        await self.conversation.undo()

    async def take_up(self, session: "Session", history: "Sequence[Mapping[str, Any]]") -> None:
        """Go on with a session, whose events so far are `history`; the present one is left."""
        await self.conversation.take_up(session, history)
        self.status.clear_speed()
        self.prompt.focus()

    async def action_new_conversation(self) -> None:
        await self.conversation.begin_anew()
        self.status.clear_speed()
        self.prompt.focus()

    def action_write_in_editor(self) -> None:
        self.prompt.action_write_in_editor()

    def action_speculation(self) -> None:
        self.app.push_screen(SpeculationPanel(self._log))

    def action_origins(self) -> None:
        self.conversation.show_origins(not self.conversation.origins_shown)

    async def action_scroll(self, pages: int) -> None:
        await self.conversation.scroll_pages(pages)

    def action_select(self, step: int) -> None:
        self.conversation.select(step)

    def action_copy_answer(self) -> None:
        answers = [record.text for record in self.conversation.records() if record.by == "model"]
        if answers:
            self.app.copy_to_clipboard(answers[-1])
        self.notify("The answer is copied." if answers else "There is no answer yet.", timeout=2)

    async def action_retry_last(self) -> None:
        await self._again(None, edit=False)

    async def action_edit_last(self) -> None:
        await self._again(None, edit=True)

    async def on_chat_message_again(self, event: ChatMessage.Again) -> None:
        await self._again(event.message, edit=event.edit)

    async def _again(self, message: ChatMessage | None, *, edit: bool) -> None:
        """Go back to before a question, and ask it again or let the user write it anew."""
        question = await self.conversation.rewind(message)
        if question is None:
            self.notify("There is no answered question to go back to.", severity="warning")
        elif edit:
            self.prompt.give_back(question.text)
        else:
            await self.conversation.ask(question.text, question.pasted)
        self.prompt.focus()

    async def action_export(self, name: str) -> None:
        records = self.conversation.records()
        await self.conversation.add(await asyncio.to_thread(exported, records, name, self._workspace.root))

    # Search

    def action_find(self, text: str = "") -> None:
        self.search.open(text)

    async def on_search_bar_wanted(self, event: SearchBar.Wanted) -> None:
        await self._show_match(0, go=event.go)

    def on_search_bar_closed(self) -> None:
        self.conversation.unmark()
        self.prompt.focus()

    async def action_find_next(self, step: int) -> None:
        """Go to the next match, older ones for -1."""
        await self._show_match(step, go=True)

    async def _show_match(self, step: int, *, go: bool) -> None:
        text = self.search.text
        found = self.conversation.matching(text) if text else []
        at = self._match - step if step else 0
        self._match = at % len(found) if found else 0
        self.search.tell(self._match + 1, len(found))
        if found:
            await self.conversation.show(found[-1 - self._match], text, go=go)
