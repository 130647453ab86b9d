"""kill -9 at any moment of a change or an undo: each file is old or new, and undo still works."""

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.errors import CoderError
from assistant.repo.checkpoints import Checkpoints, apply_undo, plan_redo, plan_undo
from assistant.repo.files import read_source, write_all

OLD, NEW = "old\n" * 2000, "new\n" * 3000
NAMES = ("a.py", "b.py")

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a file system: a kill loses nothing that a sync would have saved."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="coder-test-") as name:
        yield Path(name)


class Work:
    """Two files, and what a process may be at when it is killed."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repo"
        self.root.mkdir(parents=True)
        self.store = Checkpoints(folder / "kept", self.root)
        for name in NAMES:
            (self.root / name).write_text(OLD)

    def change(self) -> None:
        sources = [read_source(self.root / name, self.root) for name in NAMES]
        with Checkpoints(self.root.parent / "kept", self.root).turn("change") as turn:
            write_all([(source, NEW) for source in sources], turn.keep)

    def undo(self) -> None:
        apply_undo(self.store, plan_undo(self.store))

    def redo(self) -> None:
        apply_undo(self.store, plan_redo(self.store))

    def texts(self) -> list[str]:
        return [(self.root / name).read_text() for name in NAMES]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir())


def end_of(work: Callable[[], None], dies: Callable[[], None]) -> bool:
    """Run it in a process in which `dies` was called first; True where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            dies()
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a fork must not go on as the test run
            os._exit(3)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def at_event(number: int) -> Callable[[], None]:
    """Dies at the n-th thing that Python does with a file, a folder or a database."""
    count = 0

    def hook(event: str, _: object) -> None:
        nonlocal count
        if event.split(".")[0] in ("open", "os", "sqlite3", "shutil", "tempfile") and event != "os.kill":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.addaudithook(hook)


def after(seconds: float) -> Callable[[], None]:
    """Dies in the middle of whatever SQLite, or the system, does then."""

    def die() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    return lambda: threading.Thread(target=die, daemon=True).start()


def check_recovery(work: Work) -> None:
    assert set(work.texts()) <= {OLD, NEW}
    for _ in range(3):  # an undo that was killed half-way leaves the other half to the next
        try:
            work.undo()
        except CoderError as error:
            assert "nothing to undo" in error.message
            break
    assert work.texts() == [OLD, OLD]
    assert work.files() == sorted(NAMES), "nothing that was staged is left behind"


@pytest.mark.parametrize("what", ["change", "undo", "redo"])
def test_killed_at_every_step(what: str, folder: Path) -> None:
    for number in range(1, 500):
        work = Work(folder / f"{number}")
        if what != "change":
            work.change()
        if what == "redo":
            work.undo()
        done = end_of(getattr(work, what), at_event(number))
        check_recovery(work)
        if done:
            break
    assert done, "it came to its end at last"
    assert number > 20, "it was killed on the way"


def test_killed_at_random_moments(folder: Path) -> None:
    chance = random.Random(10)
    killed = 0
    for number in range(40):
        work = Work(folder / f"{number}")
        work.change()

        def back_and_forth(work: Work = work) -> None:
            work.undo()
            work.change()

        killed += not end_of(back_and_forth, after(chance.uniform(0, 0.03)))
        check_recovery(work)
    assert killed > 10
