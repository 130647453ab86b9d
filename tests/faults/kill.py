"""The program ended from outside at random moments of its life: nothing is lost, and the next run ends well.

`python -m tests.faults kill` does it 300 times and prints the counts."""

import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_redo
from assistant.repo.staging import discard, stage
from assistant.tui.review.state import Review
from tests.cli.coder import COMMAND, coder
from tests.faults.scene import BUGGY, FIXED, TOOL, TOOL_FIXED, Scene, Tree
from tests.faults.terminal import WAYS, Terminal, Way
from tests.remote.loopback import Answer, Loopback, call, completion, loopback_server

COUNT = 300
_PATIENCE_S = 60.0
_MARK = "CODER_FAULTS"
_CHECK = f"{sys.executable} -I -c \"assert 'a + b' in open('calc.py').read()\""


@dataclass(frozen=True)
class Work:
    """Something that coder is killed at: its `arguments`, what the model answers, and what is typed once a
    text has been shown. `prepare` makes what it begins with, `again` does it once more in this process."""

    name: str
    arguments: tuple[str, ...]
    answers: Callable[[], list[Answer]] = list
    script: tuple[tuple[str, str], ...] = ()
    prepare: Callable[[Scene], None] = lambda scene: None
    again: Callable[[Scene], None] | None = None
    stages: bool = False
    remote: bool = True


def _edit(path: str, old: bytes, new: bytes) -> Answer:
    return call("edit", path=path, old=_inner(old), new=_inner(new))


def _inner(content: bytes) -> str:
    return content.decode().splitlines()[1]


def _fix_two() -> list[Answer]:
    files = (FIXED, TOOL_FIXED)
    return [completion("Here it is:\n", f"```python\n{_unix(content)}```\n") for content in files]


def _unix(content: bytes) -> str:
    return content.decode().replace("\r\n", "\n")


def _task() -> list[Answer]:
    return [
        call("read", path="calc.py"),
        _edit("calc.py", BUGGY, FIXED),
        call("write", path="deep/er/made.txt", content="made\n"),
        call("run", command="sleep 0.1"),
        _edit("tool.py", TOOL, TOOL_FIXED),
        call("done", answer="Both are right now."),
    ]


def _talk() -> list[Answer]:
    return [call("read", path="calc.py"), call("grep", pattern="def"), call("done", answer="So it is.")]


def _with_session(scene: Scene) -> None:
    _prepare(("ask", "Why?"), _talk())


def _with_turn(scene: Scene) -> None:
    _prepare(WORKS["run"].arguments, _task())


def _prepare(arguments: Sequence[str], answers: list[Answer]) -> None:
    with loopback_server() as server:
        server.answers = answers
        ran = coder(*arguments, "--engine", server.url)
    assert ran.code == 0, ran.err


def _review_again(scene: Scene) -> None:
    review = Review(scene.root)
    review.load()
    for path, act in (("new.txt", stage), ("notes.txt", discard)):
        file = next(file for file in review.files if file.path == path)
        review.decide(partial(act, scene.root, file), file)


WORKS = {
    work.name: work
    for work in (
        Work("fix", ("fix", "calc.py", "tool.py", "-m", "they are wrong", "--yes"), _fix_two),
        Work(
            "fix --test",
            ("fix", "calc.py", "--test", _CHECK, "--yes"),
            lambda: [completion(f"```python\n{_unix(FIXED)}```\n")],
        ),
        Work("run", ("run", "Mend calc and tool.", "--yes", "--test", _CHECK), _task),
        Work("session", ("ask", "And why?", "--resume", "last"), _talk, prepare=_with_session),
        Work("undo", ("undo", "--yes"), prepare=_with_turn, remote=False),
        Work(
            "review",
            ("review",),
            script=(("new.txt", "S"), ("stage new.txt", "D"), ("discard in", "q")),
            again=_review_again,
            stages=True,
            remote=False,
        ),
    )
}


@dataclass
class Counts:
    """How often what was ended how, how far it had come, and what was found wrong afterwards."""

    works: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    hurt: int = 0

    def __str__(self) -> str:
        counters = (self.works, self.ways, self.states)
        told = "; ".join(", ".join(f"{count} {name}" for name, count in sorted(c.items())) for c in counters)
        return f"{self.hurt} of {sum(self.ways.values())} lost something ({told})"


class Target:
    """One kind of work in its scene: how long it takes when nobody disturbs it, and what it leads to."""

    def __init__(self, work: Work, folder: Path, server: Loopback) -> None:
        self._work, self._server = work, server
        self.scene = Scene(folder)
        with _at_home(self.scene):
            work.prepare(self.scene)
        self.scene.keep()
        self._old, self._git = self.scene.files(), self.scene.git()
        self._life_s = self._undisturbed()
        self._new, self._new_index = self.scene.files(), self.scene.git()["index"]

    def disturb(self, way: Way, chance: random.Random, counts: Counts) -> None:
        """Begin the work, end it at a random moment, the likelier the later, and look at what is left."""
        self.scene.restore()
        mark = f"{chance.getrandbits(64):x}"
        faults = []
        with self._started(**{_MARK: mark}) as terminal:
            ended = terminal.run_for(chance.triangular(0, 1.1, 1) * self._life_s)
            terminal.end(way)
            if not terminal.run_for(_PATIENCE_S):
                faults.append("it did not end")
        for process in _running(mark):
            if way != "SIGKILL":
                faults.append(f"{process} still runs")
            process.kill()
        now = self.scene.files()
        counts.states["done" if ended else "changed" if now != self._old else "unchanged"] += 1
        faults += self._lost(now)
        if way != "SIGKILL":
            faults += [f"{name} is left" for name in self.scene.left_behind()]
        with _at_home(self.scene):
            faults += self._not_repaired()
        counts.works[self._work.name] += 1
        counts.ways[way] += 1
        counts.hurt += bool(faults)
        counts.wrong += [f"{self._work.name}, {way}: {fault}" for fault in faults]

    def _undisturbed(self) -> float:
        started = time.monotonic()
        with self._started() as terminal:
            ended = terminal.run_for(_PATIENCE_S)
            said = terminal.shown[-2000:].decode(errors="replace")
            assert ended and not terminal.process.returncode, f"{self._work.name} does not work:\n{said}"
        return time.monotonic() - started

    def _started(self, **environment: str) -> Terminal:
        return Terminal(
            [*COMMAND, *self._arguments()],
            self.scene.root,
            {**self.scene.environment, **environment},
            self._work.script,
        )

    def _arguments(self) -> list[str]:
        self._server.answers = self._work.answers()
        return [*self._work.arguments, *(("--engine", self._server.url) if self._work.remote else ())]

    def _lost(self, now: Tree) -> Iterator[str]:
        """What is neither as it was nor as it was to become."""
        for name in sorted({*self._old, *self._new, *now}):
            if now.get(name) not in (self._old.get(name), self._new.get(name)):
                yield f"{name} is neither old nor new: {now.get(name)}"
        found = self.scene.git()
        if found["index"] not in (self._git["index"], *([self._new_index] if self._work.stages else ())):
            yield "the index is neither old nor new"
        for name in sorted({*self._git, *found}):
            if not name.startswith("index") and found.get(name) != self._git.get(name):
                yield f"git's {name} was changed"

    def _not_repaired(self) -> Iterator[str]:
        """What is wrong once the sessions were opened, the work taken back, and done again."""
        try:
            self.scene.sessions()
            self._take_back()
            if self.scene.files() != self._old:
                yield "it is not as it was before"
            self._again()
            if self.scene.files() != self._new:
                yield "a second run does not end as an undisturbed one"
        except Exception as error:  # noqa: BLE001 - what is looked for
            yield f"{type(error).__name__}: {error}"
        left = self.scene.left_behind()
        # Temporary folders of a process that was killed are the system's to clear away.
        yield from (f"{name} is left in the end" for name in left if not name.startswith("tmp/"))

    def _take_back(self) -> None:
        if self._work.name == "undo":
            checkpoints = open_checkpoints(self.scene.root)
            if self.scene.files() != self._old:
                apply_undo(checkpoints, plan_redo(checkpoints))
        else:
            self.scene.undo_all()
        (self.scene.root / ".git" / "index").write_bytes(self._git["index"][1])

    def _again(self) -> None:
        if self._work.again:
            self._work.again(self.scene)
            return
        ran = coder(*self._arguments())
        assert ran.code == 0, f"a second run ends with {ran.code}: {ran.err}"


def _running(mark: str) -> list[psutil.Process]:
    """Processes that were started by the program of this mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_MARK) == mark:
                found.append(process)
    return found


@contextlib.contextmanager
def _at_home(scene: Scene) -> Iterator[None]:
    """What this process does in coder's name is done where the program would do it."""
    before = os.environ.get("CODER_HOME")
    os.environ["CODER_HOME"] = str(scene.home)
    try:
        with contextlib.chdir(scene.root):
            yield
    finally:
        os.environ.pop("CODER_HOME")
        if before is not None:
            os.environ["CODER_HOME"] = before


def run(count: int, seed: int, works: Mapping[str, Work] = WORKS) -> Counts:
    """`count` ends, in turn over the works; SIGKILL as often as all others, which a process can answer."""
    counts, chance = Counts(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name, loopback_server() as server:
        targets = [
            Target(work, Path(name).resolve() / f"{number}", server)
            for number, work in enumerate(works.values())
        ]
        for number in range(count):
            way = chance.choice(("SIGKILL", chance.choice(WAYS[1:])))
            targets[number % len(targets)].disturb(way, chance, counts)
    return counts
