"""What the review looks like, in three sizes, dark and light."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from assistant.agent.review import Comment
from assistant.tui.review.ask_text import AskText
from assistant.tui.review.commit_box import CommitBox
from tests.tui.driving import until
from tests.tui.review.reviewing import (
    changed_repository,
    conflicting_repository,
    open_file,
    pane,
    ready,
    review_of,
    said,
)

Compare = Callable[..., bool]
Reviewing = Pilot[tuple[Comment, ...]]

sizes = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
every_size = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"]
)
themes = pytest.mark.parametrize("theme", ["dark", "light"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return changed_repository(tmp_path / "repo")


async def open_cart(pilot: Reviewing, theme: str = "dark") -> None:
    await ready(pilot)
    if theme == "light":
        await pilot.press("f2")
    await pilot.press(*["right_square_bracket"] * 4)
    await until(pilot, lambda: open_file(pilot).path == "shop/cart.py")


@every_size
@themes
def test_hunks(root: Path, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot, theme)
        await pilot.press("space")

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


@sizes
@themes
def test_marked_lines(root: Path, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot, theme)
        await pilot.press("n", "l", "space", "space")

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


@themes
def test_two_columns(root: Path, snap_compare: Compare, theme: str) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot, theme)

    assert snap_compare(review_of(root), terminal_size=(200, 40), run_before=show)


@sizes
def test_odd_content(root: Path, snap_compare: Compare, size: tuple[int, int]) -> None:
    async def show(pilot: Reviewing) -> None:
        await ready(pilot)
        await pilot.press(*["right_square_bracket"] * 2)

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


@sizes
def test_a_comment(root: Path, snap_compare: Compare, size: tuple[int, int]) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot)
        await pilot.press("n", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        pilot.app.screen.query_one(TextArea).cursor_blink = False
        await pilot.press(*"Why not a Decimal?")

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


@sizes
def test_a_commit(root: Path, snap_compare: Compare, size: tuple[int, int]) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot)
        await pilot.press("S", "C")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
        pilot.app.screen.query_one(TextArea).cursor_blink = False

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


@sizes
@themes
def test_a_search(root: Path, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot, theme)
        await pilot.press("slash", *"items", "enter", "n")

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


def test_a_refusal(root: Path, snap_compare: Compare) -> None:
    async def show(pilot: Reviewing) -> None:
        await open_cart(pilot)
        (root / "shop" / "cart.py").write_text("mine\n")
        await pilot.press("d")
        await until(pilot, lambda: "meanwhile" in said(pilot))

    assert snap_compare(review_of(root), terminal_size=(80, 24), run_before=show)


@sizes
def test_a_conflict(tmp_path: Path, snap_compare: Compare, size: tuple[int, int]) -> None:
    root = conflicting_repository(tmp_path / "merge")

    async def show(pilot: Reviewing) -> None:
        await ready(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "markers" in said(pilot))

    assert snap_compare(review_of(root), terminal_size=size, run_before=show)


def test_nothing(root: Path, snap_compare: Compare) -> None:
    async def show(pilot: Reviewing) -> None:
        await until(pilot, lambda: pilot.app.screen.query("Nothing") and pane(pilot).is_mounted)
        await until(pilot, lambda: pilot.app.screen.query_one("Nothing").display)

    assert snap_compare(review_of(root, staged=True), terminal_size=(80, 24), run_before=show)
