"""The keys of the review do to index and tree what they say, and each can be taken back."""

from pathlib import Path

import pytest
from textual.widgets import TextArea

from assistant.agent.review import as_task
from assistant.tui.help import Help
from assistant.tui.review.ask_text import AskText
from assistant.tui.review.commit_box import CommitBox
from assistant.tui.review.screen import ReviewScreen
from assistant.tui.too_small import TooSmall
from tests.repo.repository import git, in_index
from tests.tui.driving import until
from tests.tui.review.reviewing import (
    NEW,
    OLD,
    SIZE,
    cart_repository,
    changed_repository,
    conflicting_repository,
    lines_shown,
    open_file,
    pane,
    ready,
    review_of,
    said,
)

PATH = "shop/cart.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return cart_repository(tmp_path / "repo")


def staged_lines(root: Path) -> list[str]:
    diff = git(root, "diff", "--cached", "--unified=0").decode()
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


async def test_a_hunk_is_staged_unstaged_and_each_is_taken_back(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "n", "s")
        assert staged_lines(root) == [
            "-        return len(self.items) == 0",
            "+        return not self.items",
        ]
        assert f"stage {PATH}" in said(pilot)
        await pilot.press("tab")
        await until(pilot, lambda: len(open_file(pilot).hunks) == 1)
        await pilot.press("u")
        assert staged_lines(root) == []
        await pilot.press("z")
        assert len(staged_lines(root)) == 2
        await pilot.press("z", "z")
        assert staged_lines(root) == []
        assert (root / PATH).read_text() == NEW


async def test_single_lines_are_staged(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "l", "space", "down", "space", "s")
        assert staged_lines(root) == ["-        result = 0", "-            result += item.price"]
        await pilot.press("escape", "p", "l", "down", "s")
        assert '+"""A shopping cart, and what lies in it."""' in staged_lines(root)
        assert (root / PATH).read_text() == NEW


async def test_a_hunk_is_discarded_and_comes_back(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "d")
        assert "result = 0" in (root / PATH).read_text()
        await pilot.press("D")
        assert (root / PATH).read_text() == OLD
        assert "no changes" in str(pilot.app.screen.query_one("Nothing").render())
        await pilot.press("z", "z")
        assert (root / PATH).read_text() == NEW


async def test_what_is_kept_is_folded_and_the_next_is_looked_at(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("space")
        assert "kept" in lines_shown(pilot)[0]
        assert pane(pilot).part_number == 1
        assert "A shopping cart" not in "\n".join(lines_shown(pilot))
        await pilot.press("r", "space", "space")
        assert "All is kept" in said(pilot)
        await pilot.press("z")
        assert pane(pilot).part_number == 2
        assert "not self.items" in "\n".join(lines_shown(pilot))


async def test_a_hunk_is_edited(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("n", "n", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        area = pilot.app.screen.query_one(TextArea)
        area.load_text(area.text.replace("not self.items", "self.items == []"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        await until(pilot, lambda: (root / PATH).read_text() != NEW)
        assert (root / PATH).read_text() == NEW.replace("not self.items", "self.items == []")
        await until(pilot, lambda: "edit" in said(pilot))
        await pilot.press("z")
        assert (root / PATH).read_text() == NEW


async def test_comments_become_a_task(root: Path) -> None:
    app = review_of(root)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        for keys in (["n"], ["n"]):
            await pilot.press(*keys, "c")
            await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
            await pilot.press(*"why", "ctrl+s")
            await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert any("┃ why" in line for line in lines_shown(pilot))
        await pilot.press("z", "q")
    assert app.return_value is not None
    task = as_task(app.return_value)
    assert f"1. {PATH}, line 13: why\n```" in task
    assert "+        return sum(item.price for item in self.items)\n" in task
    assert "2." not in task


async def test_what_is_staged_is_committed_and_the_commit_taken_back(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("C")
        await until(pilot, lambda: "Nothing is staged" in said(pilot))
        await pilot.press("n", "s", "C")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
        assert pilot.app.screen.query_one(TextArea).text == f"Update {PATH}"
        await pilot.press(*" x", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and "commit" in said(pilot))
        assert git(root, "log", "-1", "--format=%s") == f"Update {PATH} x\n".encode()
        assert staged_lines(root) == []
        await pilot.press("z")
        assert git(root, "log", "-1", "--format=%s") == b"Others\n"
        assert staged_lines(root)


async def test_hooks_are_asked_about(root: Path) -> None:
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{root.parent / 'ran'}'\n")
    hook.chmod(0o755)
    async with review_of(root).run_test(size=SIZE) as pilot:
        for key, ran in (("ctrl+s", False), ("ctrl+r", True)):
            await ready(pilot)
            await pilot.press("s", "C")
            await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
            assert str(hook) in str(pilot.app.screen.query_one("#note").render())
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and "commit" in said(pilot))
            assert (root.parent / "ran").exists() == ran


async def test_a_file_that_changed_meanwhile_is_left_alone(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        (root / PATH).write_text("mine\n")
        await pilot.press("d")
        await until(pilot, lambda: "changed meanwhile" in said(pilot))
        assert (root / PATH).read_text() == "mine\n"
        assert open_file(pilot).added == 1, "the diff is read anew"
        (root / ".git" / "index.lock").touch()
        await pilot.press("s")
        assert "Another git command" in said(pilot)


async def test_one_column_or_two(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert "│" not in "".join(lines_shown(pilot))
        await pilot.press("w")
        rows = [line for line in lines_shown(pilot) if "│" in line]
        assert any('cart."""' in row and "cart, and" in row for row in rows)
        await pilot.press("n", "l", "space", "s")
        assert staged_lines(root) == [
            "-        result = 0",
            "+        return sum(item.price for item in self.items)",
        ]


async def test_the_mouse_chooses_and_help_tells_the_keys(root: Path, tmp_path: Path) -> None:
    async with review_of(changed_repository(tmp_path / "all")).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.click("FileList", offset=(5, 1))
        assert open_file(pilot).path == "logo.gif"
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, Help)
        await pilot.press("escape")
        assert in_index(root, PATH).decode() == OLD


async def test_a_terminal_that_is_too_small_decides_nothing(root: Path) -> None:
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.resize_terminal(50, 10)
        await until(pilot, lambda: isinstance(pilot.app.screen, TooSmall))
        await pilot.press("D", "s")
        assert (root / PATH).read_text() == NEW
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        await pilot.press("S")
        assert staged_lines(root)


async def test_a_merge_is_ended_with_the_message_that_git_has_for_it(tmp_path: Path) -> None:
    root = conflicting_repository(tmp_path / "merge")
    async with review_of(root).run_test(size=SIZE) as pilot:
        await ready(pilot)
        assert any("<<<<<<< HEAD" in line for line in lines_shown(pilot))
        await pilot.press("s")
        await until(pilot, lambda: "still has conflict markers" in said(pilot))
        await pilot.press("C")
        await until(pilot, lambda: "a.txt is in conflict" in said(pilot))
        (root / "a.txt").write_text("one\nboth\nthree\n")
        await pilot.press("r", "s", "C")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommitBox))
        assert pilot.app.screen.query_one(TextArea).text == "Merge branch 'other'"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: git(root, "log", "-1", "--format=%s %p").count(b" ") == 4)
        assert git(root, "status", "--porcelain") == b""
