"""A long day in one process: memory stays flat, and nothing that was begun is left.

`python -m tests.faults soak` does 1,000 turns with the scripted model, and a twentieth as many with the
embedded one."""

import gc
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from assistant.agent.session import Sessions
from assistant.catalog import embedded
from assistant.chat.families import FAMILIES
from assistant.chat.local import LocalGenerator
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.state_store import StateStore
from tests.agent.agent_run import BUGGY, FIXED, Run, call
from tests.cli.coder import coder_home_at
from tests.repo.repository import new_repository
from tests.scripted import ScriptedGenerator

COUNT = 1000
_EMBEDDED_SHARE = 20
_MOST_GROWTH = 0.05
# The first turns fill caches: they are not measured.
_WARM_UP_SHARE = 0.2
_COMMAND_EVERY = 10


@dataclass(frozen=True)
class Held:
    """What the process has hold of; memory in bytes."""

    memory: int
    files: int
    threads: int
    children: int
    folders: int

    @classmethod
    def now(cls, temporary: Path) -> "Held":
        gc.collect()
        process = psutil.Process()
        return cls(
            process.memory_info().rss,
            process.num_fds(),
            threading.active_count(),
            len(process.children(recursive=True)),
            len(list(temporary.iterdir())),
        )


@dataclass
class Counts:
    """What was held after the warm-up and at the end, by model, and what is wrong with it."""

    held: dict[str, tuple[int, Held, Held]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "; ".join(
            f"{turns} turns with the {name} model: memory {_growth(warm, end):+.1%} of "
            f"{warm.memory / 2**20:.0f} MiB, {end.files} files, {end.threads} threads, "
            f"{end.children} processes, {end.folders} temporary folders"
            for name, (turns, warm, end) in self.held.items()
        )


def run(count: int, seed: int, *, with_embedded: bool = True) -> Counts:
    """`count` turns, and a share of them with the embedded model where it is installed."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as name, coder_home_at(Path(name) / "home"):
        root = new_repository(Path(name) / "repo", calc__py=BUGGY.encode())
        _soak("scripted", count, lambda number: _scripted_turn(root, number), counts)
        path = embedded.available()
        if with_embedded and path:
            with closing(_load(path, Path(name) / "states")) as generator:
                turns = max(count // _EMBEDDED_SHARE, 2)
                _soak("embedded", turns, lambda number: _embedded_turn(root, generator, number), counts)
    return counts


def _soak(name: str, turns: int, turn: Callable[[int], None], counts: Counts) -> None:
    warm_up = max(1, int(turns * _WARM_UP_SHARE))
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(temporary)
        for number in range(warm_up):
            turn(number)
        warm = Held.now(temporary)
        for number in range(warm_up, turns):
            turn(number)
        end = Held.now(temporary)
    counts.held[name] = (turns, warm, end)
    if _growth(warm, end) > _MOST_GROWTH:
        counts.wrong.append(f"{name}: memory grew by {_growth(warm, end):.1%}")
    for what in ("files", "threads", "children", "folders"):
        if getattr(end, what) > getattr(warm, what):
            counts.wrong.append(f"{name}: {getattr(warm, what)} {what} became {getattr(end, what)}")


def _growth(before: Held, after: Held) -> float:
    return after.memory / before.memory - 1


def _scripted_turn(root: Path, number: int) -> None:
    """The agent reads, changes and looks at one file, and now and then runs a command."""
    old, new = (BUGGY, FIXED) if (root / "calc.py").read_text() == BUGGY else (FIXED, BUGGY)
    commands = [call("run", command="true")] if number % _COMMAND_EVERY == 0 else []
    model = ScriptedGenerator(
        call("read", path="calc.py"),
        call("edit", path="calc.py", old=old.splitlines()[1], new=new.splitlines()[1]),
        call("grep", pattern="def"),
        *commands,
        call("done", answer="Done."),
    )
    work = Run(root)
    outcome = work(model)
    assert (outcome.status, (root / "calc.py").read_text()) == ("done", new), outcome
    with Sessions(root).new() as session:
        for event in work.events:
            session.append(event)


def _embedded_turn(root: Path, generator: LocalGenerator, number: int) -> None:
    """One answer, held to the form of a call, from a prompt that is partly another one each time."""
    Run(root, mode="read-only", steps=1, answer_tokens=48, task=f"Read line {number} of calc.py.")(generator)


def _load(path: Path, states: Path) -> LocalGenerator:
    model = Model(path)
    context = Context(model, ContextOptions(n_ctx=1536, threads=1))
    return LocalGenerator(model, context, None, family=FAMILIES["chatml"], states=StateStore(states, 2**28))
