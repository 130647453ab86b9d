"""What the review shows: each kind of change, inert; long lines, long diffs; and the keys that work."""

import os
from pathlib import Path

import pytest
from textual.widgets import TextArea

from assistant.tui.review.commit_box import CommitBox
from tests.repo.repository import git
from tests.tui.driving import until
from tests.tui.review.reviewing import (
    SIZE,
    cart_repository,
    changed_repository,
    lines_shown,
    open_file,
    pane,
    ready,
    review_of,
    said,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return cart_repository(tmp_path / "repo")


async def test_every_kind_of_change_is_shown_inert(tmp_path: Path) -> None:
    root = changed_repository(tmp_path / "all")
    shown: dict[str, str] = {}
    async with review_of(root).run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for _ in range(6):
            file = pane(pilot).file
            assert file is not None
            shown[os.path.basename(file.path)] = "\n".join(lines_shown(pilot))  # noqa: PTH119
            await pilot.press("right_square_bracket")
        everything = "".join(pilot.app.export_screenshot())
    assert "Binary" in shown["logo.gif"]
    assert "mode 100644 → 100755" in shown["run.sh"]
    assert "b␍" in shown["windows.txt"] and "a␍" in shown["windows.txt"]
    odd = shown["odd\x1b[31m\u202ename.txt"]
    assert "␛[31mred" in odd and "no newline" in odd
    assert not {"\x1b", "\u202e"} & set(everything + odd)


async def test_ten_thousand_lines_and_five_hundred_files(tmp_path: Path) -> None:
    root = cart_repository(tmp_path / "large")
    for number in range(500):
        (root / f"file{number}.py").write_text(f"x = {number}\n" * 2)
    (root / "a_long.py").write_text("".join(f"value_{n} = compute({n}, 'text')\n" for n in range(10_000)))
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert pane(pilot).virtual_size.height == 10_001
        await pilot.press("l")
        pane(pilot).scroll_to(y=9_000, animate=False)
        await pilot.pause()
        painter = pane(pilot)._painter
        assert painter is not None
        coloured = sum(len(chunk) for chunk in painter._colours._chunks.values())
        assert coloured <= 1_000, "what is not looked at is not coloured"
        await pilot.press("escape", "right_square_bracket")
        assert open_file(pilot).path == "file0.py"


async def test_a_diff_that_cannot_be_read_is_not_no_diff(tmp_path: Path) -> None:
    async with review_of(tmp_path).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "not a git repository" in said(pilot).lower())
        assert not pilot.app.screen.query_one("Nothing").display
        await pilot.press("s", "d", "space", "l", "e", "c", "n", "z", "S")
        assert not list(tmp_path.iterdir())


async def test_of_long_lines_the_difference_is_shown(root: Path) -> None:
    for word in ("old", "new"):
        (root / "long.js").write_text(f"const b = '{'abc ' * 3000}{word} {'abc ' * 3000}';\n")
        if word == "old":
            git(root, "add", "long.js")
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        removed, added = lines_shown(pilot)[1:3]
        assert "abc old abc" in removed and "abc new abc" in added


async def test_names_that_do_not_fit_beside_the_counts_are_told_without_them(root: Path) -> None:
    (root / "empty_basket.txt").write_text("x\n" * 3000)
    async with review_of(root).run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        files = pilot.app.screen.query_one("FileList")
        assert "empty_basket.txt" in files.render_line(0).text
        assert "+3 −6" in files.render_line(1).text


async def test_only_keys_that_work_are_offered(root: Path) -> None:
    def offered() -> set[str]:
        return {
            each.binding.description for each in pilot.app.screen.active_bindings.values() if each.enabled
        }

    async with review_of(changed_repository(root.parent / "all")).run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert {"Hunk", "Lines", "Find"} < offered()
        assert not {"Undo", "Match", "End search"} & offered()
        await pilot.press("space", "slash", *"x", "enter")
        assert {"Undo", "Match", "End search"} < offered() and "Hunk" not in offered()
        await pilot.press("escape")
        await pilot.click("FileList", offset=(5, 1))
        assert open_file(pilot).path == "logo.gif"
        assert "Lines" not in offered()


async def test_a_former_name_is_shown_inert(root: Path) -> None:
    git(root, "mv", "windows.txt", "back.txt")
    git(root, "commit", "--quiet", "--message", "Back")
    git(root, "mv", "back.txt", "odd\x1b[31m\u202e\nname.txt")
    git(root, "commit", "--quiet", "--message", "Odd")
    git(root, "mv", "odd\x1b[31m\u202e\nname.txt", "even.txt")
    async with review_of(root, staged=True).run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "Renamed from odd␛[31m" in "".join(lines_shown(pilot))
        await pilot.press("C")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
        assert "Rename odd␛[31m" in pilot.app.screen.query_one(TextArea).text
        assert not {"\x1b", "\u202e"} & set("".join(pilot.app.export_screenshot()))
