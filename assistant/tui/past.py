"""Messages that lie far back: kept as text, and made widgets again where one looks at them."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.notice import Notice
from assistant.tui.record import Record
from assistant.tui.user_message import UserMessage

_AT_ONCE = 20
_MOST_SHOWN = 60


class Past(Vertical):
    """Shows a window of its records, and says how many lie before and behind that."""

    DEFAULT_CSS = """
    Past {
        height: auto;
        .rest { display: none; height: 1; margin: 1 0 0 0; padding: 0 1; color: $text-muted; }
        .rest.some { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self._start = self._end = 0
        self._before, self._behind = Static(classes="rest"), Static(classes="rest")

    def compose(self) -> ComposeResult:
        yield self._before
        yield self._behind

    @property
    def has_more(self) -> bool:
        """Whether there is something before what is shown."""
        return self._start > 0

    def keep(self, records: list[Record]) -> None:
        """These come next; they are not shown."""
        at_end = self._end == len(self.records)
        self.records += records
        if at_end and self._start == self._end:
            self._start = self._end = len(self.records)
        self._tell()

    async def show_earlier(self) -> None:
        """Show some more before those that are shown, and let go of as many behind."""
        start = max(self._start - _AT_ONCE, 0)
        await self._show(start, max(min(self._end, start + _MOST_SHOWN), start))

    async def reveal(self, number: int) -> Widget:
        """The widget of a record, with some around it."""
        if not self._start <= number < self._end:
            start = max(number - _AT_ONCE // 2, 0)
            await self._show(start, min(start + _AT_ONCE, len(self.records)))
        return self._shown()[number - self._start]

    async def hide(self) -> None:
        """Show none of them."""
        await self._show(len(self.records), len(self.records))

    async def clear(self) -> None:
        self.records.clear()
        await self._show(0, 0)

    def _shown(self) -> list[Widget]:
        return [child for child in self.children if not child.has_class("rest")]

    async def _show(self, start: int, end: int) -> None:
        """Make `[start, end)` the window; what stays in it stays as it is."""
        shown = dict(zip(range(self._start, self._end), self._shown(), strict=True))
        await self.remove_children([widget for at, widget in shown.items() if not start <= at < end])
        before = [at for at in range(start, end) if at < self._start]
        behind = [at for at in range(start, end) if at >= self._end]
        await self.mount_all([widget_of(self.records[at]) for at in before], after=self._before)
        await self.mount_all([widget_of(self.records[at]) for at in behind], before=self._behind)
        self._start, self._end = start, end
        self._tell()

    def _tell(self) -> None:
        behind = len(self.records) - self._end
        for line, count, what in (
            (self._before, self._start, "earlier messages · PgUp shows them"),
            (self._behind, behind, "messages in between"),
        ):
            line.update(Content(f"⋯ {count:,} {what}"))
            line.set_class(count > 0, "some")


def widget_of(record: Record) -> Widget:
    """The message as it was, without what could be done with it."""
    makers: dict[str, Any] = {"user": UserMessage.past, "model": AssistantMessage.past, "coder": Notice.past}
    widget: Widget = makers[record.by](record)
    return widget
