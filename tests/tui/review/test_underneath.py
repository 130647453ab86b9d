"""Whatever else writes in the repository: the review shows it, stays where it was and loses nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Static, TextArea

from assistant.tui.review import browser
from assistant.tui.review.ask_text import AskText
from assistant.tui.review.screen import ReviewScreen
from tests.repo.repository import git, in_index
from tests.tui.driving import until
from tests.tui.review.reviewing import (
    NEW,
    OLD,
    SIZE,
    cart_repository,
    lines_shown,
    open_file,
    ready,
    review_of,
    said,
)

PATH = "shop/cart.py"
# The first hunk is gone, so that all others have other numbers and places.
FIRST_GONE = NEW.replace("A shopping cart, and what lies in it.", "A shopping cart.")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return cart_repository(tmp_path / "repo")


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "LOOKS_EVERY_S", 0.01)


def commit_all(root: Path) -> None:
    git(root, "commit", "--quiet", "--all", "--message", "theirs")


WAYS: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: (root / PATH).write_text(FIRST_GONE),
    "a new file": lambda root: (root / "shop" / "a_new.py").write_text("x = 1\n"),
    "the index": lambda root: git(root, "add", PATH),
    "the mode": lambda root: (root / PATH).chmod(0o755),
    "a commit": commit_all,
}


@pytest.mark.parametrize("way", WAYS)
async def test_what_changes_is_shown_by_itself(root: Path, way: str) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        WAYS[way](root)
        await until(pilot, lambda: "changed meanwhile" in said(pilot))


async def test_a_reset_that_touches_no_index_is_seen_among_what_is_staged(root: Path) -> None:
    commit_all(root)
    async with review_of(root, staged=True).run_test(size=SIZE) as pilot:
        await until(
            pilot, lambda: pilot.app.screen.query("Nothing") and pilot.app.screen.query_one("Nothing").display
        )
        git(root, "reset", "--quiet", "--soft", "HEAD~1")
        await ready(pilot)
        assert open_file(pilot).path == PATH


async def test_coming_back_to_the_terminal_shows_the_diff_as_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "LOOKS_EVERY_S", 3600.0)
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        pilot.app.app_focus = False
        (root / "shop" / "deep").mkdir()
        (root / "shop" / "deep" / "new.py").write_text("x = 1\n")
        pilot.app.app_focus = True
        await until(pilot, lambda: "changed meanwhile" in said(pilot))


async def test_cursor_marks_and_what_is_kept_stay(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "n", "space", "p", "l", "down", "space")
        marked = [line for line in lines_shown(pilot) if "●" in line]
        assert len(marked) == 1
        (root / PATH).write_text(FIRST_GONE)
        (root / "a_first.txt").write_text("new\n")
        await until(pilot, lambda: "changed meanwhile" in said(pilot))
        assert open_file(pilot).path == PATH
        assert [line for line in lines_shown(pilot) if "●" in line] == marked
        assert any("kept" in line for line in lines_shown(pilot))
        await pilot.press("s")
        assert in_index(root, PATH).decode() == OLD.replace(
            "        for item in self.items:\n            result", "            result"
        )


async def test_a_hunk_that_moved_while_it_was_edited_is_written_where_it_is(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "n", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        (root / PATH).write_text(FIRST_GONE)
        area = pilot.app.screen.query_one(TextArea)
        area.load_text(area.text.replace("not self.items", "self.items == []"))
        await pilot.press("ctrl+s")
        wanted = FIRST_GONE.replace("not self.items", "self.items == []")
        await until(pilot, lambda: (root / PATH).read_text() == wanted)


async def test_what_was_written_for_a_hunk_that_is_gone_is_not_lost(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        (root / PATH).write_text(FIRST_GONE)
        pilot.app.screen.query_one(TextArea).load_text("mine\n")
        await pilot.press("ctrl+s")
        await until(
            pilot, lambda: any("Not written" in str(each.render()) for each in pilot.app.screen.query(Static))
        )
        assert pilot.app.screen.query_one(TextArea).text == "mine\n"
        assert (root / PATH).read_text() == FIRST_GONE
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ReviewScreen)


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (lambda path: path.unlink(), "no longer there"),
        (lambda path: path.write_text("mine\n"), "has changed meanwhile"),
    ],
    ids=["gone", "changed"],
)
async def test_why_a_decision_cannot_be_made_is_told_in_full(
    root: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Path], object], told: str
) -> None:
    monkeypatch.setattr(browser, "LOOKS_EVERY_S", 3600.0)
    async with review_of(root).run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        meanwhile(root / PATH)
        await pilot.press("d")
        await until(pilot, lambda: told in said(pilot))
        outcome = pilot.app.screen.query_one("Outcome")
        shown = " ".join("".join(outcome.query_one("#said").render_line(y).text for y in range(3)).split())
        assert "nothing was changed" in shown and "Look at the diff" in shown


async def test_a_repository_that_is_gone_is_told_once(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        (root / ".git").rename(root.parent / "elsewhere")
        await until(pilot, lambda: "not a git repository" in said(pilot).lower())
        assert lines_shown(pilot)[0]
