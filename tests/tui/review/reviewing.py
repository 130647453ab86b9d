"""A repository with changes of every kind, and a review of it that can be driven."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from assistant.agent.review import Comment
from assistant.repo.diff import FileDiff
from assistant.tui.review.app import ReviewApp
from assistant.tui.review.browser import DiffBrowser
from assistant.tui.review.pane import DiffPane
from assistant.tui.review.state import Review
from tests.repo.repository import git
from tests.tui.driving import until

SIZE = (100, 30)
OLD = '''"""A shopping cart."""

import json

CURRENCY = "EUR"


class Cart:
    def __init__(self):
        self.items = []

    def __len__(self):
        return len(self.items)

    def total(self):
        result = 0
        for item in self.items:
            result += item.price
        return result

    def add(self, item):
        self.items.append(item)

    def names(self):
        return [item.name for item in self.items]

    def is_empty(self):
        return len(self.items) == 0
'''
LOOP = """\
        result = 0
        for item in self.items:
            result += item.price
        return result
"""
NEW = (
    OLD.replace("A shopping cart.", "A shopping cart, and what lies in it.")
    .replace(LOOP, "        return sum(item.price for item in self.items)\n")
    .replace("len(self.items) == 0", "not self.items")
)


def changed_repository(root: Path) -> Path:
    """Changed, deleted, new and binary files, a mode, line endings, and a name with control characters."""
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    (root / "shop").mkdir()
    (root / "shop" / "cart.py").write_text(OLD)
    (root / "gone.txt").write_text("gone\n")
    (root / "logo.gif").write_bytes(b"GIF\0")
    (root / "run.sh").write_text("true\n")
    (root / "windows.txt").write_bytes(b"a\r\nb\r\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "First")
    (root / "shop" / "cart.py").write_text(NEW)
    (root / "gone.txt").unlink()
    (root / "logo.gif").write_bytes(b"GIF\0\1")
    (root / "run.sh").chmod(0o755)
    (root / "windows.txt").write_bytes(b"a\r\nb\n")
    (root / "odd\x1b[31m\u202ename.txt").write_bytes(b"\x1b[31mred\xff\n\xe2\x80\xaeback")
    return root


def cart_repository(root: Path) -> Path:
    """One changed file of three hunks."""
    changed_repository(root)
    git(root, "add", ".")
    git(root, "reset", "--quiet", "--", "shop")
    git(root, "commit", "--quiet", "--message", "Others")
    return root


def conflicting_repository(root: Path) -> Path:
    """One file of three lines, whose second a merge that is under way has two versions of."""
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "First")
    git(root, "checkout", "--quiet", "-b", "other")
    for branch, word in (("other", "2"), ("main", "II")):
        git(root, "checkout", "--quiet", branch)
        (root / "a.txt").write_text(f"one\n{word}\nthree\n")
        git(root, "commit", "--quiet", "--all", "--message", branch)
    git(root, "merge", "other", check=False)
    return root


def review_of(root: Path, *, staged: bool = False) -> ReviewApp:
    return ReviewApp(Review(root, staged=staged))


async def ready(pilot: Pilot[tuple[Comment, ...]]) -> None:
    """Wait until the diff is on the screen."""
    await until(pilot, lambda: isinstance(pilot.app.screen, DiffBrowser) and pilot.app.screen.pane.file)


def pane(pilot: Pilot[tuple[Comment, ...]]) -> DiffPane:
    return pilot.app.screen.query_one(DiffPane)


def open_file(pilot: Pilot[tuple[Comment, ...]]) -> FileDiff:
    file = pane(pilot).file
    assert file is not None, "no file is open"
    return file


def lines_shown(pilot: Pilot[tuple[Comment, ...]]) -> list[str]:
    """The rows of the diff on the screen."""
    shown = pane(pilot)
    return [shown.render_line(y).text.rstrip() for y in range(shown.size.height)]


def said(pilot: Pilot[tuple[Comment, ...]]) -> str:
    """What the last key did."""
    return str(pilot.app.screen.query_one("#said", Static).render())
