"""A walk through the app in a real terminal, with the embedded model."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from assistant.agent.session import Sessions
from assistant.tui.turn.decision import GRACE_S
from tests.tui.driving import NEW, OLD
from tests.tui.terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "calculator"
    root.mkdir()
    (root / "calc.py").write_text(OLD)
    git(root, "init", "-q")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    git(root, "add", ".")
    git(root, "commit", "-qm", "Begin")
    return root


Start = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture
def start(repository: Path, coder_home: Path) -> Start:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {"CODER_HOME": str(coder_home), "PYTHONPATH": path, "TERM": "xterm-256color"}

    @contextmanager
    def coder(*arguments: str) -> Iterator[Terminal]:
        with (
            tempfile.TemporaryDirectory() as sockets,  # a socket's path must be short
            Terminal(repository, Path(sockets), environment, (80, 24), arguments) as terminal,
        ):
            yield terminal

    return coder


def test_chat_approve_review_commit_undo_quit_resume(start: Start, repository: Path) -> None:
    with start() as terminal:
        work(terminal, repository)
    (session,) = Sessions(repository).all()
    assert (session.task, session.status) == ("add is wrong, fix @calc.py", "done")
    with start("--resume", "last") as terminal:
        go_on(terminal)
    (session,) = Sessions(repository).all()
    outcomes = [event for event in Sessions(repository).events(session.id) if event["event"] == "outcome"]
    assert [bool(outcome["answer"]) for outcome in outcomes] == [True, True]


def work(terminal: Terminal, repository: Path) -> None:
    file = repository / "calc.py"
    terminal.wait_for("ask", "● smollm2-135m")
    terminal.type("add is wrong, fix @calc.py")
    terminal.press("Enter")
    terminal.wait_for("Change calc.py?", "return a + b", "y Yes")
    assert file.read_text() == OLD
    time.sleep(GRACE_S)  # sooner, the key would be taken for one that was meant for the prompt
    terminal.press("y")
    terminal.wait_for("✓ edit calc.py", "changed calc.py", "⏎ Send")
    assert file.read_text() == NEW

    terminal.press("C-r")
    terminal.wait_for("return a + b", "1 to decide")
    terminal.press("s")
    terminal.wait_for("0 to decide")
    terminal.press("C")
    terminal.wait_for("commit 1 file", "Ctrl+S Commit")
    terminal.press("C-s")
    terminal.wait_until(lambda: git(repository, "show", "HEAD:calc.py") == NEW, "the commit")
    terminal.wait_until(lambda: "commit 1 file" not in terminal.screen, "the end of the commit")
    terminal.press("q")
    terminal.wait_for("⏎ Send")

    terminal.type("/undo")
    terminal.press("Enter")
    terminal.wait_for("calc.py · taken back")
    assert file.read_text() == OLD
    terminal.press("C-q")
    assert terminal.wait_for_the_end() == 0


def go_on(terminal: Terminal) -> None:
    terminal.wait_for("● smollm2-135m", "add is wrong, fix @calc.py", "return a + b", "taken back")
    terminal.type("Say hello.")
    terminal.press("Enter")
    terminal.wait_for("Say hello.", "tokens read", "reused", "⏎ Send")
    terminal.press("C-q")
    assert terminal.wait_for_the_end() == 0
