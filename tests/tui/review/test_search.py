"""`/` finds lines and names in the whole diff, and n and N go from one to the next."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.agent.review import Comment
from assistant.repo.diff import FileDiff, Hunk, Line
from assistant.tui.review.finding import Match, matches, next_match
from tests.repo.repository import git
from tests.tui.driving import until
from tests.tui.review.reviewing import SIZE, cart_repository, lines_shown, open_file, pane, ready, review_of


def changed(path: str, *lines: bytes) -> FileDiff:
    hunk = Hunk(0, 0, tuple(Line("added", line) for line in lines))
    return FileDiff(path, "modified", None, None, (hunk,))


FILES = (changed("Cart.py", b"total\n", b"Total (a.b)\n"), changed("b.py", b"\xff total\n"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("total", [Match(0, 0, 0), Match(0, 0, 1), Match(1, 0, 0)]),
        ("Total", [Match(0, 0, 1)]),
        ("a.b", [Match(0, 0, 1)]),
        ("cart", [Match(0)]),
        ("(", [Match(0, 0, 1)]),
        ("absent", []),
        ("", []),
    ],
)
def test_matches(text: str, found: list[Match]) -> None:
    assert matches(FILES, text) == found


@pytest.mark.parametrize(
    ("place", "step", "number"),
    [
        (Match(0, 0, 0), 0, 0),
        (Match(0, 0, 0), 1, 1),
        (Match(0, 0, 0), -1, 2),
        (Match(0, 1), 1, 2),
        (Match(0, 1), -1, 1),
        (Match(1, 0, 0), 1, 0),
    ],
)
def test_the_next_match(place: Match, step: int, number: int) -> None:
    assert next_match(matches(FILES, "total"), place, step) == number


def counted(pilot: Pilot[tuple[Comment, ...]]) -> str:
    return str(pilot.app.screen.query("SearchBar Static").last().render())


def found_line(pilot: Pilot[tuple[Comment, ...]]) -> str:
    return next((line for line in lines_shown(pilot) if "›" in line), "")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = cart_repository(tmp_path / "repo")
    (root / "shop" / "till.py").write_text("x = 1\n" * 60 + "items = []\n")
    (root / "shop" / "wide.py").write_text(f"x = '{'abc ' * 100}needle'\n")
    return root


async def test_one_searches_through_all_files(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"items = []")
        await until(pilot, lambda: open_file(pilot).path == "shop/till.py")
        assert "items = []" in found_line(pilot)
        assert counted(pilot) == "1 of 1"
        await pilot.press("escape", "slash", *"not self", "enter")
        assert open_file(pilot).path == "shop/cart.py"
        assert pane(pilot).part_number == 2
        await pilot.press("s")
        assert b"+        return not self.items" in git(root, "diff", "--cached")
        await pilot.press("z", "escape")
        assert pane(pilot).part_number == 1
        await pilot.press("n")
        assert pane(pilot).part_number == 2, "n is for hunks again"


async def test_n_goes_on_from_where_the_cursor_is_and_round(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"self.items", "enter")
        assert counted(pilot).startswith("1 of ")
        first, count = found_line(pilot), int(counted(pilot).split()[-1])
        await pilot.press("n")
        assert counted(pilot) == f"2 of {count}"
        await pilot.press("N", "N")
        assert counted(pilot) == f"{count} of {count}"
        await pilot.press("n")
        assert found_line(pilot) == first
        await pilot.press("p", "p", "N")
        assert counted(pilot) == f"{count} of {count}"
        await pilot.press("slash", *"nowhere")
        await until(pilot, lambda: counted(pilot) == "not found")
        await pilot.press("enter", "n", "escape", "q")
        assert not pilot.app.is_running or pilot.app.return_value == ()


async def test_what_is_far_to_the_right_or_folded_away_is_gone_to(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"needle", "enter")
        assert "needle" in found_line(pilot)
        await pilot.press("escape", "space", "slash", *"needle", "enter")
        assert open_file(pilot).path == "shop/wide.py"
        assert "kept" in lines_shown(pilot)[0]
        await pilot.press("slash", *"wide.py", "enter")
        assert open_file(pilot).path == "shop/wide.py"
