"""`coder pull`: the only command that downloads."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InterruptedByUserError

if TYPE_CHECKING:
    from assistant.catalog.pull import PullProgress

_LINE_EVERY_S = 5.0


def pull(
    name: Annotated[str | None, typer.Argument(help="A model of `coder models`.")] = None,
    quantization: Annotated[str | None, typer.Option(help="One of `coder models show NAME`.")] = None,
    draft: Annotated[str | None, typer.Option(help="A kind of draft, such as dspark.")] = None,
) -> None:
    """Download a target and draft pair."""
    from assistant.catalog.manifest import find_manifest, load_manifests
    from assistant.catalog.pull import pull as download
    from assistant.catalog.resolve import RECOMMENDED

    if name is None:
        for manifest in load_manifests().values():
            if manifest.target:
                here = "  (on this machine)" if manifest.pulled else ""
                typer.echo(f"{manifest.name:24} {manifest.download_gb:5.1f} GB  {manifest.title}{here}")
        typer.echo(f"\nPull one with: coder pull {RECOMMENDED}", err=True)
        return
    manifest = find_manifest(name)
    asked = quantization is not None or draft is not None
    selection = manifest.select(quantization, draft) if asked else None
    if selection.here if selection else manifest.pulled:
        typer.echo(f"{manifest.name} is on this machine already.", err=True)
        return
    size = selection.size_gb if selection else manifest.download_gb
    typer.echo(f"{manifest.title}: {f'{size:g} GB, ' if size else ''}license: {manifest.license}", err=True)
    try:
        if sys.stderr.isatty():
            with _Bar() as bar:
                files = download(manifest, bar.show, selection)
        else:
            files = download(manifest, _Lines().show, selection)
    except KeyboardInterrupt as interrupt:
        raise InterruptedByUserError(
            "Interrupted; what has arrived is kept.", hint=f"To go on: coder pull {manifest.name}"
        ) from interrupt
    typer.echo(f"Ready: {files.target}", err=True)
    if files.draft:
        typer.echo(f"Draft: {files.draft}", err=True)


class _Bar:
    """Bytes, speed and time left on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, progress: "PullProgress") -> None:
        what = progress.file if progress.stage == "downloading" else f"{progress.file} (checking)"
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=progress.total or None)
        self._progress.update(self._tasks[what], completed=progress.done)


class _Lines:
    """A line every few seconds where stderr is no terminal."""

    def __init__(self) -> None:
        self._next = 0.0

    def show(self, progress: "PullProgress") -> None:
        if time.monotonic() >= self._next or progress.done == progress.total:
            self._next = time.monotonic() + _LINE_EVERY_S
            share = f"{progress.done / progress.total:.0%}" if progress.total else f"{progress.done:,} bytes"
            typer.echo(f"{progress.stage} {progress.file}: {share}", err=True)
