"""A piece of work in its scene: how it goes undisturbed, and what must hold after it was disturbed."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.cli.log import stop_log
from assistant.errors import CoderError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_redo
from tests.cli.coder import COMMAND, coder, coder_home_at
from tests.faults.scene import Scene, Tree
from tests.faults.terminal import Terminal
from tests.faults.works import Work
from tests.remote.loopback import Loopback


class Experiment:
    """`work` in a scene in `folder`, with the model on `server`. What it leads to is found by doing it."""

    def __init__(self, work: Work, folder: Path, server: Loopback) -> None:
        self.work, self._server = work, server
        self.scene = Scene(folder)
        with at_home(self.scene):
            work.prepare(self.scene)
            self._sessions = self.scene.sessions()
        self.scene.keep()
        self.old, self._git = self._files(), self.scene.git()
        with at_home(self.scene):
            code, said = self.do(self.arguments())
        assert code == 0, f"{work.name} does not work: {said}"
        self._new, self._new_index = self._files(), self.scene.git()["index"]

    def start(self, **environment: str) -> Terminal:
        """The program, in a terminal."""
        return Terminal(
            [*COMMAND, *self.arguments()],
            self.scene.root,
            {**self.scene.environment, **environment},
            self.work.script,
        )

    def arguments(self) -> list[str]:
        """Those of the program; the model is ready to answer then."""
        self._server.answers = self.work.answers()
        return [*self.work.arguments, *(("--engine", self._server.url) if self.work.remote else ())]

    def do(self, arguments: Sequence[str]) -> tuple[int, str]:
        """The same in this process; its exit code and what it said."""
        if self.work.again:
            try:
                self.work.again(self.scene)
            except CoderError as error:
                return error.exit_code, f"coder: {error.message} {error.hint}"
            return 0, ""
        ran = coder(*arguments)
        return ran.code, ran.err

    def is_done(self) -> bool:
        return self._files() == self._new

    def lost(self) -> Iterator[str]:
        """What is neither as it was nor as it was to become, or was not to be touched."""
        now, git_now = self._files(), self.scene.git()
        for name in sorted({*self.old, *self._new, *now}):
            if now.get(name) not in (self.old.get(name), self._new.get(name)):
                yield f"{name} is neither old nor new: {now.get(name)}"
        if git_now["index"] not in (self._git["index"], *([self._new_index] if self.work.stages else ())):
            yield "the index is neither old nor new"
        for name in sorted({*self._git, *git_now}):
            if not name.startswith(("index", ".index.")) and git_now.get(name) != self._git.get(name):
                yield f"git's {name} was changed"

    def not_repaired(self) -> Iterator[str]:
        """What is wrong once the sessions were opened, the work taken back, and done again."""
        try:
            yield from self._sessions_lost()
            if not self.work.lasts:
                self._take_back()
                if self._files() != self.old:
                    yield "it is not as it was before"
            code, said = self.do(self.arguments())
            if code or not self.is_done():
                yield f"a second run does not end as an undisturbed one, but with {code}: {said}"
        except Exception as error:  # noqa: BLE001 - what is looked for
            yield f"{type(error).__name__}: {error}"
        left = self.scene.left_behind()
        # Temporary folders of a process that was killed are the system's to clear away.
        yield from (f"{name} is left in the end" for name in left if not name.startswith("tmp/"))

    def _files(self) -> Tree:
        return {**self.scene.files(), **self.work.kept(self.scene)}

    def _sessions_lost(self) -> Iterator[str]:
        found = self.scene.sessions()
        for id, events in self._sessions.items():
            if found.get(id, [])[: len(events)] != events:
                yield f"session {id} lost what it had"

    def _take_back(self) -> None:
        if self.work.name == "undo":
            checkpoints = open_checkpoints(self.scene.root)
            if self.scene.files() != self.old:
                apply_undo(checkpoints, plan_redo(checkpoints))
        else:
            self.scene.undo_all()
        (self.scene.root / ".git" / "index").write_bytes(self._git["index"][1])


@contextlib.contextmanager
def at_home(scene: Scene) -> Iterator[None]:
    """What this process does in coder's name is done where the program would do it."""
    with coder_home_at(scene.home), contextlib.chdir(scene.root), contextlib.ExitStack() as ended:
        ended.callback(stop_log)  # it would keep the disk that it lies on
        yield
