"""All messages, the newest at the bottom."""

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget

from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.collecting import Removed
from assistant.tui.message import ChatMessage
from assistant.tui.notice import Notice
from assistant.tui.past import Past
from assistant.tui.prose.prose import Prose
from assistant.tui.record import Record, Recorded
from assistant.tui.turn.decision import Decision
from assistant.tui.welcome import Welcome

# More widgets make each frame slower; what is older becomes text, some at a time.
MOST_WIDGETS = 60
_LEFT = 40
_MOST_BEHIND = 240


class Conversation(VerticalScroll, can_focus=False):
    """It follows the newest line until the user scrolls up. The newest messages are widgets."""

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        padding: 0 2;
        align-horizontal: center;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 25%;
        & > * { max-width: 120; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._removed = Removed()

    def compose(self) -> ComposeResult:
        yield Past()

    @property
    def past(self) -> Past:
        return self.query_one(Past)

    @property
    def messages(self) -> list[Widget]:
        """The widgets that are no past yet."""
        return [child for child in self.children if isinstance(child, Recorded)]

    async def add(self, widget: Widget) -> None:
        if not isinstance(widget, Notice):
            await self.query(Welcome).remove()
        await self._let_go()
        await self.mount(widget)
        if isinstance(widget, Decision):
            widget.fit(self.size.height)

    def on_resize(self, event: events.Resize) -> None:
        for decision in self.query(Decision):
            decision.fit(event.size.height)

    async def clear(self) -> None:
        for message in self.query(AssistantMessage):
            message.finish()
        await self.remove_children([child for child in self.children if not isinstance(child, Past)])
        await self.past.clear()

    async def remove_from(self, first: Widget) -> None:
        """Remove a message and all behind it."""
        await self.remove_children(self.children[self.children.index(first) :])

    def records(self) -> list[Record]:
        """All messages, those that are not whole yet left out."""
        return [*self.past.records, *filter(None, map(_record, self.messages))]

    async def to_the_end(self) -> None:
        """Follow the newest line again."""
        await self.past.hide()
        self.anchor()

    async def scroll_pages(self, pages: int) -> None:
        """Scroll; at the top, show what lies before."""
        if pages < 0 and self.scroll_y <= 0 and self.past.has_more:
            height = self.virtual_size.height
            await self.past.show_earlier()
            self.call_after_refresh(self._keep_place, height)
            return
        self.scroll_relative(y=pages * self.size.height, animate=False)

    def select(self, step: int) -> None:
        """Go to the message before or behind the one that has the focus, at first to the newest."""
        messages = list(self.query(ChatMessage))
        focused = self.screen.focused
        at = messages.index(focused) + step if focused in messages else len(messages) - 1
        if 0 <= at < len(messages):
            messages[at].select()
            messages[at].scroll_visible(animate=False)

    def matching(self, text: str) -> list[int]:
        """The numbers of the messages that hold `text`, counted from the first. Case is ignored."""
        wanted = text.casefold()
        records = [*self.past.records, *map(_record, self.messages)]
        return [at for at, record in enumerate(records) if record and wanted in record.text.casefold()]

    async def show(self, number: int, text: str, *, go: bool) -> None:
        """Bring the message with this number to view, at the first place that holds `text`; `go` there."""
        self.unmark()
        past = len(self.past.records)
        message = await self.past.reveal(number) if number < past else self.messages[number - past]
        if go and isinstance(message, ChatMessage):
            message.select()
        for prose in message.query(Prose):
            if (place := prose.find(text)) is not None:
                prose.mark(place)
                self.call_after_refresh(prose.scroll_to_place, place, top=True)
                return
        message.add_class("found")
        self.call_after_refresh(self.scroll_to_widget, message, animate=False, top=True)

    def unmark(self) -> None:
        """Mark no place as found any more."""
        for marked in self.query(".found"):
            marked.remove_class("found")
        for prose in self.query(Prose):
            prose.mark(None)

    def _keep_place(self, height_before: int) -> None:
        self.scroll_to(y=self.virtual_size.height - height_before - self.size.height, animate=False)

    async def _let_go(self) -> None:
        """Make the oldest messages past when there are many: not at once where the user may look at them."""
        messages = self.messages
        most = MOST_WIDGETS if self.is_vertical_scroll_end else _MOST_BEHIND
        if len(messages) < most:
            return
        records: list[Record] = []
        for message in messages[:-_LEFT]:
            if (record := _record(message)) is None:
                break
            records.append(record)
        await self.remove_children(messages[: len(records)])
        self.past.keep(records)
        self._removed.add(len(records))


def _record(message: Widget) -> Record | None:
    return message.record() if isinstance(message, Recorded) else None
