"""What coder may be at when a fault strikes: one small piece of work for each way in which it writes."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from assistant.repo.staging import discard, stage
from assistant.tui.review.state import Review
from tests.cli.coder import coder
from tests.faults.scene import BUGGY, FIXED, TOOL, TOOL_FIXED, Scene, Tree
from tests.remote.loopback import Answer, call, completion, loopback_server

_CHECK = f"{sys.executable} -I -c \"assert 'a + b' in open('calc.py').read()\""


@dataclass(frozen=True)
class Work:
    """Something that coder is disturbed at: its `arguments`, what the model answers, and what is typed once a
    text has been shown. `prepare` makes what it begins with, `again` does the same in this process where a
    command line cannot. `kept` are files that count beside the person's. `stages` lets it change git's index,
    `remote` gives it the model on a server. What `lasts` is not taken back before it is done again."""

    name: str
    arguments: tuple[str, ...] = ()
    answers: Callable[[], list[Answer]] = list
    script: tuple[tuple[str, str], ...] = ()
    prepare: Callable[[Scene], None] = lambda scene: None
    again: Callable[[Scene], None] | None = None
    kept: Callable[[Scene], Tree] = lambda scene: {}
    stages: bool = False
    remote: bool = True
    lasts: bool = False


def edit(path: str, old: bytes, new: bytes) -> Answer:
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
        edit("calc.py", BUGGY, FIXED),
        call("write", path="deep/er/made.txt", text="made\n"),
        call("run", command="sleep 0.1"),
        edit("tool.py", TOOL, TOOL_FIXED),
        *[call("done", answer="Both are right now.")] * 4,
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


def _with_settings(scene: Scene) -> None:
    scene.settings.parent.mkdir()
    scene.settings.write_text("history = true  # what I did\n")


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
            "settings",
            ("config", "set", "history", "off"),
            prepare=_with_settings,
            remote=False,
            lasts=True,
        ),
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
