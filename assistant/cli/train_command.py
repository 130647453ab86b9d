"""`coder train-draft`: a draft for one target, trained on this machine."""

import json
import os
import re
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.errors import CoderError, InterruptedByUserError, UsageError
from assistant.sizes import as_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.train.run import Order, Progress, Trained

_LINE_EVERY_S = 10.0
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Method(StrEnum):
    """What can be trained."""

    dspark = "dspark"
    dflash = "dflash"
    eagle3 = "eagle3"


def train_draft(
    target: Annotated[str, typer.Option("--target", metavar="NAME", help="A model, or a .gguf file.")],
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="PATH", help="Repositories, source files, .jsonl lists of prompts."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The draft's .gguf.")] = None,
    block: Annotated[int, typer.Option("--block", min=2, max=32, help="Tokens drafted at a time.")] = 5,
    layers: Annotated[int, typer.Option("--layers", min=1, max=8, help="Layers of the draft.")] = 1,
    draft_vocab: Annotated[
        int, typer.Option("--draft-vocab", min=0, help="Tokens it can draft; 0 for all.")
    ] = 8192,
    duration: Annotated[str, typer.Option("--time", metavar="TIME", help="As 90m, 2.5h or 300s.")] = "90m",
    disk: Annotated[float, typer.Option("--disk", min=0.01, help="GiB that the recording may take.")] = 8.0,
    method: Annotated[Method, typer.Option("--method", help="How it drafts.")] = Method.dspark,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run stopped.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a draft for a model: on your own code, in your own time."""
    train, order = _load_training()
    from assistant.catalog.locations import cache_folder
    from assistant.catalog.resolve import resolve_model
    from assistant.cli.setup import prepare

    files = resolve_model(target)
    wanted = order(
        target=files.target,
        family=files.family,
        data=tuple(data or [Path()]),
        out=out or Path(f"{files.target.stem}.{method}.gguf"),
        method=method.value,
        draft=block,
        layers=layers,
        vocabulary=draft_vocab,
        budget_s=_seconds(duration),
        disk_gib=disk,
        seed=seed,
        resume=resume,
        work=cache_folder() / "train",
    )
    shown = _Bars() if sys.stderr.isatty() else _Lines()
    try:
        with shown:
            prepare(files, lambda what, _fraction: None)
            trained = train(wanted, shown.show)
    except KeyboardInterrupt as interrupt:
        raise InterruptedByUserError(
            "Interrupted; what was done is kept.", hint="To go on: the same command with --resume"
        ) from interrupt
    typer.echo(json.dumps(trained.as_dict(), indent=2)) if as_json else _print(trained)


def _load_training() -> "tuple[Callable[..., Trained], type[Order]]":
    # torch and llama.cpp each have a pool of OpenMP threads: those of one would spin while the other works.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from assistant.train.run import Order, train_draft
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("torch", "gguf"):
            raise
        raise CoderError(
            f"Training needs {error.name}, which is not installed.",
            hint="pip install 'coder-assistant[train]'",
        ) from error
    return train_draft, Order


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if not found or float(found[1]) <= 0:
        raise UsageError(f"{text!r} is no time.", hint="Write it as 90m, 2.5h or 300s.")
    return float(found[1]) * _UNITS[found[2]]


def _print(trained: "Trained") -> None:
    acceptance, fitted = trained.acceptance, trained.fitted
    rates = " ".join(f"{rate:.0%}" for rate in acceptance.by_position)
    typer.echo(f"{trained.file}: {as_size(trained.bytes)}, {trained.method}, {fitted.steps} steps")
    typer.echo(f"Accepted by position: {rates}; tau {acceptance.mean_accepted_length:.2f} (greedy, held out)")
    for source, tau in acceptance.by_source.items():
        typer.echo(f"  {source}: tau {tau:.2f}")
    if trained.calibration_error is not None:
        typer.echo(f"Confidence is off by {trained.calibration_error:.3f} (expected calibration error)")
    typer.echo(
        f"llama.cpp drafts what was trained: {trained.agreement:.0%} of the tokens are equal\n"
        f"The recording of {trained.recording_bytes / 2**30:.2f} GiB serves further training; "
        f"when it is no longer wanted, remove {trained.recording}",
        err=True,
    )


class _Bars:
    """One bar a stage, on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

        self._bars = Progress(
            TextColumn("{task.description:18}"),
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[detail]}", style="dim"),
            console=Console(stderr=True),
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, progress: "Progress") -> None:
        if progress.stage not in self._stages:
            self._stages[progress.stage] = self._bars.add_task(progress.stage, total=1, left="", detail="")
        self._bars.update(
            self._stages[progress.stage],
            completed=progress.fraction,
            left=_left(progress),
            detail=progress.detail,
        )


class _Lines:
    """A line every few seconds where stderr is no terminal."""

    def __init__(self) -> None:
        self._stage, self._next = "", 0.0

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, progress: "Progress") -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now < self._next and progress.fraction < 1:
            return
        self._stage, self._next = progress.stage, now + _LINE_EVERY_S
        parts = (f"{progress.stage} {progress.fraction:.0%}", _left(progress), progress.detail)
        typer.echo(", ".join(filter(None, parts)), err=True)


def _left(progress: "Progress") -> str:
    if progress.seconds_left is None:
        return ""
    minutes, seconds = divmod(int(progress.seconds_left), 60)
    return f"{minutes}:{seconds:02} left"
