"""Review a diff file by file, hunk by hunk, and decide about each."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from assistant.errors import CoderError
from assistant.repo.diff import FileDiff, read_diff
from assistant.repo.staging import (
    Choice,
    Decision,
    commit,
    discard,
    prepared_message,
    programs,
    rewrite,
    stage,
    unstage,
)
from assistant.tui.help import Help
from assistant.tui.review.ask_text import AskText
from assistant.tui.review.browser import DiffBrowser
from assistant.tui.review.commit_box import CommitBox, CommitWish
from assistant.tui.review.editing import edited, new_side, open_editor
from assistant.tui.review.keys import SECTIONS
from assistant.tui.review.parts import Part
from assistant.tui.review.state import Review
from assistant.tui.review.writer import Writer
from assistant.visible import visible


class ReviewScreen(DiffBrowser):
    """Dismissed with the comments that were made. What opens a field for text has priority, so that keys that
    come together with it are not taken for decisions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "keep", "Keep", key_display="␣"),
        Binding("space", "mark(1)", "Mark", key_display="␣"),
        Binding("s", "stage(False)", "Stage"),
        Binding("s,u", "unstage(False)", "Unstage", key_display="s"),
        Binding("d", "discard(False)", "Discard"),
        Binding("enter,l", "lines", "Lines", key_display="l"),
        Binding("escape", "end_search", "End search"),
        Binding("escape", "hunks", "Hunks"),
        Binding("e", "edit", "Edit", priority=True),
        Binding("c", "comment", "Comment", priority=True),
        Binding("C", "commit", "Commit", priority=True),
        Binding("z", "undo", "Undo"),
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("q", "leave", "Leave"),
        Binding("slash", "find", "Find", key_display="/", priority=True),
        Binding("tab", "side(True)", show=False),
        Binding("tab", "side(False)", show=False),
        Binding("n", "find_next(1)", "Match", key_display="n N"),
        Binding("n", "part(1)", "Hunk", key_display="n p"),
        Binding("right_square_bracket", "file(1)", "File", key_display="] ["),
        Binding("escape", "leave", show=False),
        Binding("w", "columns", "Columns"),
        Binding("N", "find_next(-1)", show=False),
        Binding("p", "part(-1)", show=False),
        Binding("left_square_bracket", "file(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("shift+down,J", "mark(1)", show=False),
        Binding("shift+up,K", "mark(-1)", show=False),
        Binding("right", "sideways(1)", show=False),
        Binding("left", "sideways(-1)", show=False),
        Binding("S", "stage(True)", show=False),
        Binding("S,U", "unstage(True)", show=False),
        Binding("D", "discard(True)", show=False),
        Binding("E", "open_editor", show=False),
        Binding("r", "reload", show=False),
    ]

    def __init__(self, review: Review, writer: Writer | None = None) -> None:
        super().__init__(review)
        self._writer = writer
        self._message = ""

    # Deciding

    def action_keep(self) -> None:
        file, part = self.file, self.pane.part
        if file is None or part is None:
            return
        kept = self._review.keep(file, part)
        self.outcome.say("kept" if kept else "to be decided again")
        self.pane.rebuild(follow=False)
        self.show_progress()
        if kept and not self.pane.to_next_unkept():
            self._to_next_open_file()

    def _to_next_open_file(self) -> None:
        """The next file with something to decide, if there is one."""
        files = self._review.files
        order = [*range(self._at, len(files)), *range(self._at)]
        wanted = next((n for n in order if self._review.left_in(files[n])), None)
        if wanted is None:
            self.outcome.say("All is kept." if self._review.diff.staged else "All is kept. C commits.")
        elif wanted != self._at:
            self.open_file(wanted)

    async def action_stage(self, whole: bool) -> None:
        await self._decide(stage, whole)

    async def action_unstage(self, whole: bool) -> None:
        await self._decide(unstage, whole)

    async def action_discard(self, whole: bool) -> None:
        await self._decide(discard, whole)

    async def _decide(self, act: Callable[[Path, FileDiff, Choice | None], Decision], whole: bool) -> None:
        file = self.file
        if file is not None:
            choice = None if whole else self.pane.choice
            review = self._review
            await self.do(lambda: review.decide(partial(act, review.root, file, choice), file))

    async def action_undo(self) -> None:
        await self.do(self._review.undo, say=lambda title: f"taken back: {title}" if title else "")

    # Writing

    async def action_edit(self) -> None:
        file, part = self.file, self.pane.part
        if file is None or part is None or part.kind != "hunk":
            await self.action_open_editor()
            return
        try:
            self._edit(file, part, new_side(file.hunks[part.hunk]))
        except CoderError as error:
            self.outcome.refuse(error)

    def _edit(self, file: FileDiff, part: Part, text: str, note: str = "") -> None:
        box = AskText(f"edit {file.path}", text, note, language=file.path.rpartition(".")[2])
        self.app.push_screen(box, partial(self._edited, file, part))

    async def _edited(self, file: FileDiff, part: Part, text: str | None) -> None:
        """Write it in the place of the hunk, wherever that is by now. If that cannot be, the text is not
        lost: the box opens again and says why."""
        if text is None:
            return
        review = self._review

        def write() -> str:
            review.load()
            file_now, part_now = review.find(file, part) or (file, part)
            new = edited(file.hunks[part.hunk], text)
            act = partial(rewrite, review.root, file_now, part_now.hunk, new)
            return review.decide(act, file_now)

        if await self.do(write) is None:
            self._edit(
                file, part, text, "Not written: the hunk has changed meanwhile. Copy your text, or Esc."
            )

    async def action_open_editor(self) -> None:
        file = self.file
        if file is None:
            return
        hunk = self.pane.part.hunk if self.pane.part else -1
        line = file.hunks[hunk].new_start + 1 if hunk >= 0 else 1
        try:
            with self.app.suspend():
                open_editor(self._review.root / file.path, line)
        except SuspendNotSupported:
            self.outcome.refuse(CoderError("This terminal cannot be lent to an editor."))
        except CoderError as error:
            self.outcome.refuse(error)
        else:
            await self.action_reload()

    def action_comment(self) -> None:
        file, part = self.file, self.pane.part
        if file is not None and part is not None:
            note = "It goes to the agent when you leave the review."
            box = AskText(f"comment on {file.path}", note=note)
            self.app.push_screen(box, partial(self._commented, file, part))

    def _commented(self, file: FileDiff, part: Part, text: str | None) -> None:
        if text and text.strip():
            self._review.comment(file, part, text)
            self.outcome.say("commented")
            self.pane.rebuild(follow=False)

    async def action_commit(self) -> None:
        review = self._review
        staged = await self.do(lambda: read_diff(review.root, staged=True), say=lambda _: "")
        if staged is None:
            return
        conflict = next((file.path for file in staged.files if file.status == "conflict"), "")
        if conflict:
            hint = "Edit it (E) until no marker is left, then stage it (s)."
            self.outcome.refuse(
                CoderError(f"{conflict} is in conflict: nothing can be committed.", hint=hint)
            )
            return
        if not staged.files:
            self.outcome.refuse(CoderError("Nothing is staged yet.", hint="s stages a hunk."))
            return
        what = await asyncio.to_thread(programs, review.root)
        begun = self._message or await asyncio.to_thread(prepared_message, review.root)
        self.app.push_screen(CommitBox(staged, what, self._writer, visible(begun)), self._commit)

    async def _commit(self, wish: CommitWish | None) -> None:
        """The user's own words wait until they are committed."""
        if wish is None:
            return
        self._message, review = wish.message, self._review
        if not wish.later:
            act = partial(commit, review.root, wish.message, trusted=wish.trusted)
            if await self.do(lambda: review.decide(act)) is not None:
                self._message = ""

    # Leaving

    def action_help(self) -> None:
        self.app.push_screen(Help(SECTIONS))

    def action_leave(self) -> None:
        self.dismiss(self._review.comments)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        staged, part = self._review.diff.staged, self.pane.part
        in_lines, searching = self.pane.line_mode, bool(self.search.text)
        writing = self.search.has_focus_within
        can = {
            "stage": not staged,
            "unstage": staged,
            "discard": not staged,
            "edit": not staged and part is not None and not writing,
            "comment": part is not None and not writing,
            "commit": not writing,
            "open_editor": not staged,
            "side": parameters == (not staged,),
            "keep": not in_lines and part is not None,
            "lines": not in_lines and part is not None and part.kind == "hunk",
            "mark": in_lines,
            "undo": self._review.can_undo,
            "find": not writing,
            "find_next": searching,
            "part": not searching or parameters == (-1,),
            # Escape ends what began last.
            "end_search": searching,
            "hunks": in_lines and not searching,
            "leave": not in_lines and not searching,
        }
        return can.get(action, True)
