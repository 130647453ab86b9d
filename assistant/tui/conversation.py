"""All messages, the newest at the bottom."""

from textual import events
from textual.containers import VerticalScroll
from textual.widget import Widget

from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.notice import Notice
from assistant.tui.proposal import Proposal
from assistant.tui.welcome import Welcome


class Conversation(VerticalScroll, can_focus=False):
    """It follows the newest line until the user scrolls up."""

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        padding: 0 2;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 25%;
        & > * { max-width: 120; }
    }
    """

    async def add(self, widget: Widget) -> None:
        if not isinstance(widget, Notice):
            await self.query(Welcome).remove()
        await self.mount(widget)
        if isinstance(widget, Proposal):
            widget.fit(self.size.height)

    def on_resize(self, event: events.Resize) -> None:
        for proposal in self.query(Proposal):
            proposal.fit(event.size.height)

    async def clear(self) -> None:
        for message in self.query(AssistantMessage):
            await message.finish()
        await self.remove_children()
