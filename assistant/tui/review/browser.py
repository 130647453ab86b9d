"""Go through a diff: the files, one of them open, and the cursor in it."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from assistant.agent.review import Comment
from assistant.errors import CoderError
from assistant.repo.diff import FileDiff
from assistant.tui.review.file_list import FileList
from assistant.tui.review.finding import Match, matches, next_match, pattern_of
from assistant.tui.review.nothing import Nothing
from assistant.tui.review.outcome import Outcome
from assistant.tui.review.pane import LAST, DiffPane
from assistant.tui.review.state import Review
from assistant.tui.review.title import Title
from assistant.tui.search_bar import SearchBar

T = TypeVar("T")
LOOKS_EVERY_S = 1.0


class DiffBrowser(Screen[tuple[Comment, ...]]):
    """Shows and moves; what is decided is the concern of `ReviewScreen`. Git and files are worked on in
    threads."""

    DEFAULT_CSS = """
    DiffBrowser {
        background: $background;
        #body { height: 1fr; }
        Footer { background: $background; }
    }
    """

    def __init__(self, review: Review) -> None:
        super().__init__()
        self._review = review
        self._at = 0
        self._keys: tuple[object, ...] = ()
        self._from = Match(0)

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield FileList(self._review.left_in)
            with Vertical():
                yield Title()
                yield Nothing()
                yield DiffPane(self._review.is_kept, self._review.comments_on)
                yield SearchBar("in the diff")
        yield Outcome()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.files = self.query_one(FileList)
        self.pane = self.query_one(DiffPane)
        self.search = self.query_one(SearchBar)
        self.outcome = self.query_one(Outcome)
        self.set_focus(self.pane)
        self.outcome.say("Reading the diff …", done=False)
        self.run_worker(self.do(self._review.load, say=lambda _: ""), exit_on_error=False)
        self.set_interval(LOOKS_EVERY_S, self._look)
        self.watch(self.app, "app_focus", self._look_when_focused, init=False)

    @property
    def file(self) -> FileDiff | None:
        files = self._review.files
        return files[self._at] if files else None

    async def do(self, work: Callable[[], T], say: Callable[[T], str] = str) -> T | None:
        """Work in a thread, tell what was done or why not, and show what there is then."""
        try:
            result = await asyncio.to_thread(work)
        except CoderError as error:
            self.outcome.refuse(error)
            return None
        else:
            self.outcome.say(say(result))
            return result
        finally:
            self._show_again()

    # What is shown

    def open_file(self, at: int, part: int = 0) -> None:
        files = self._review.files
        self._at = min(max(at, 0), max(len(files) - 1, 0))
        self.pane.show(self.file, part=part)
        self._show_around()

    def _show_again(self) -> None:
        """The same file at the same place, or what has taken its place."""
        former = self.pane.file
        paths = [file.path for file in self._review.files]
        if former and former.path in paths:
            self._at = paths.index(former.path)
            self.pane.show_anew(self._review.files[self._at])
            self._show_around()
        else:
            self.open_file(self._at)

    def _show_around(self) -> None:
        review = self._review
        self.query_one(Title).show(self.file, self._at, len(review.files))
        self.query_one(Nothing).show(review.diff if review.loaded else None)
        self.show_progress()

    def show_progress(self) -> None:
        review = self._review
        self.files.show(review.files, self._at)
        left = sum(map(review.left_in, review.files))
        side = "staged (Tab)" if review.diff.staged else "not staged (Tab)"
        beyond = f" · {review.diff.left_out:,} untracked files not shown" if review.diff.left_out else ""
        self.outcome.show_left(f"{side} · {counted_files(len(review.files))} · {left} to decide{beyond}")
        self.show_keys()

    def show_keys(self) -> None:
        """The keys that work now."""
        part = self.pane.part
        keys = (
            self._review.diff.staged,
            self._review.can_undo,
            self.pane.line_mode,
            bool(self.search.text),
            part.kind if part else "",
        )
        if keys != self._keys:  # the footer is slow to change
            self._keys = keys
            self.refresh_bindings()

    def on_file_list_chosen(self, event: FileList.Chosen) -> None:
        self.open_file(event.number)

    # What changes underneath

    async def _look(self, *, certainly: bool = False) -> None:
        """Show the diff as it is now, if something has changed it."""
        if not self._review.loaded:
            return
        try:
            if await asyncio.to_thread(self._review.catch_up, certainly=certainly):
                self.outcome.say("Something changed meanwhile: this is the diff as it is now.", done=False)
                self._show_again()
        except CoderError as error:
            self.outcome.refuse(error)

    async def _look_when_focused(self, focused: bool) -> None:
        if focused:
            await self._look(certainly=True)

    # Moving

    def action_move(self, step: int) -> None:
        if not self.pane.move(step):
            self._to_file(step)

    def action_part(self, step: int) -> None:
        if not self.pane.to_part(self.pane.part_number + step):
            self._to_file(step)

    def action_file(self, step: int) -> None:
        self._to_file(step, first=True)

    def _to_file(self, step: int, *, first: bool = False) -> None:
        if 0 <= self._at + step < len(self._review.files):
            self.open_file(self._at + step, 0 if step > 0 or first else LAST)

    def action_sideways(self, step: int) -> None:
        self.pane.sideways(step)

    def action_columns(self) -> None:
        self.pane.toggle_split()

    async def action_side(self, staged: bool) -> None:
        await self.do(partial(self._review.load, staged=staged), say=lambda _: "")

    async def action_reload(self) -> None:
        await self.do(self._review.load, say=lambda _: "")

    def action_lines(self) -> None:
        if not self.pane.enter_line_mode():
            self.outcome.refuse(CoderError("There are no lines to choose from here."))
        self.show_progress()

    def action_hunks(self) -> None:
        self.pane.leave_line_mode()
        self.show_progress()

    def action_mark(self, step: int) -> None:
        self.pane.mark(step)

    # Finding

    def action_find(self) -> None:
        self._from = self._place()
        self.search.open()

    def on_search_bar_wanted(self, event: SearchBar.Wanted) -> None:
        """Show the first match from where the search began, while it is written; then go there."""
        self.pane.look_for(pattern_of(event.text) if event.text else None)
        self._to_match(self._from, 0)
        if event.go:
            self.set_focus(self.pane)
        self.show_keys()

    def on_search_bar_closed(self) -> None:
        self.pane.look_for(None)
        self.set_focus(self.pane)
        self.show_keys()

    def action_find_next(self, step: int) -> None:
        self._to_match(self._place(), step)

    def action_end_search(self) -> None:
        self.search.action_close()

    def _place(self) -> Match:
        """Where the next match is looked for from."""
        hunk = self.pane.part.hunk if self.pane.part else -1
        return Match(self._at, *(self.pane.found or (hunk, -1)))

    def _to_match(self, place: Match, step: int) -> None:
        found = matches(self._review.files, self.search.text)
        if not found:
            self.search.tell(0, 0)
            return
        number = next_match(found, place, step)
        match = found[number]
        if match.file != self._at:
            self.open_file(match.file)
        if match.hunk >= 0:
            self.pane.go_to((match.hunk, match.line))
        self.search.tell(number + 1, len(found))


def counted_files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
