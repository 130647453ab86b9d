"""`coder review`: the diff of the working tree, to keep, stage, discard, comment on and commit."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import ModelOption
from assistant.errors import InterruptedByUserError, UsageError

if TYPE_CHECKING:
    from threading import Event

    from assistant.agent.review import Comment
    from assistant.chat.generator import Generator
    from assistant.repo.diff import Diff


def review(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Only these files or folders.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Begin with what is staged.")] = False,
    model: ModelOption = None,
) -> None:
    """Decide about the changes of the working tree, hunk by hunk, and commit them."""
    from assistant.repo.workspace import find_workspace

    workspace = find_workspace(paths[0] if paths else Path())
    if not workspace.is_git:
        raise UsageError(f"{workspace.root} is no git repository.", hint="git init makes it one.")
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageError("A review needs a terminal.", hint="In a pipe or script use `git diff`.")
    from assistant.cli.settings import settings_for
    from assistant.tui.review.app import ReviewApp
    from assistant.tui.review.state import Review

    theme = settings_for(workspace.root).app.theme
    inside = [_relative(path, workspace.root) for path in paths or []]
    with _Writer(model) as writer:
        review = Review(workspace.root, staged=staged, paths=inside)
        comments = ReviewApp(review, writer, theme).run()
    if comments:
        _hand_on(comments, model)


class _Writer:
    """The model that writes messages, loaded when it is asked for one."""

    def __init__(self, model: str | None) -> None:
        self._model = model
        self._generator: Generator | None = None
        self._in_use = Lock()

    @property
    def ready(self) -> bool:
        return self._generator is not None

    def message(self, staged: "Diff", cancel: "Event") -> str:
        """Of the commit of what is `staged`. Raises CoderError."""
        from assistant.agent.commit_message import propose_message

        with self._in_use:
            if self._generator is None:
                from assistant.cli.setup import load_generator

                self._generator = load_generator(self._model, partial(_stop_when, cancel))
            return propose_message(staged, self._generator, cancel)

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._generator is not None:
            self._generator.close()


def _stop_when(cancelled: "Event", _what: str, _fraction: float) -> None:
    if cancelled.is_set():
        raise InterruptedByUserError("Loading was stopped.")


def _hand_on(comments: "Sequence[Comment]", model: str | None) -> None:
    """Print the task that the comments make, and give it to the agent if the user wants that."""
    from assistant.agent.review import as_task
    from assistant.cli.run_command import run
    from assistant.visible import visible

    task = as_task(comments)
    typer.echo(visible(task))
    if typer.confirm("Let the agent work on this?", default=False, err=True):
        run(task, model=model)


def _relative(path: Path, root: Path) -> str:
    place = path.absolute()
    place = place.parent.resolve() / place.name if place.name else place
    if not place.is_relative_to(root):
        raise UsageError(f"{path} lies outside of {root}.")
    return place.relative_to(root).as_posix()
