"""`coder models verify`, `rm` and `prune`: whether the files of models are whole, and being rid of them."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.errors import ExitCode, ModelError, RefusedError, UsageError
from assistant.sizes import as_size

if TYPE_CHECKING:
    from assistant.catalog.inventory import StoredFile

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_WORDS = {True: "sound", False: "DAMAGED", None: "not known"}


def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these models.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the files of models again, and compare their SHA-256 with what they should be."""
    from assistant.catalog.inventory import is_sound

    results = []
    for name, path, expected in _to_verify(names or []):
        with _reading(path) as progress:
            sound = is_sound(path, expected, progress)
        results.append({"model": name, "path": str(path), "status": _WORDS[sound].lower(), "sound": sound})
        if not as_json:
            note = "  (its checksum was never written down)" if sound is None else ""
            typer.echo(f"{_WORDS[sound]:9} {name:24} {path}{note}")
    if as_json:
        typer.echo(json.dumps(results, indent=2))
    elif not results:
        typer.echo("There are no pulled models on this machine.", err=True)
    damaged = sorted({str(each["model"]) for each in results if each["sound"] is False})
    if damaged:
        typer.echo("To get it again:", err=True)
        for name in damaged:
            typer.echo(f"  coder models rm {name} && coder pull {name}", err=True)
        raise typer.Exit(ExitCode.NOT_ACHIEVED)


def remove_model(
    name: Annotated[str, typer.Argument(help="A model of `coder models`, or hf:OWNER/REPO.")],
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the files of a pulled model; what another model needs too stays."""
    from assistant.catalog.inventory import files_to_remove, remove
    from assistant.catalog.reference import find_model, is_path

    if is_path(name):
        raise UsageError(f"{name} is a file of your own: coder deletes only what it pulled.")
    manifest = find_model(name)
    going, shared = files_to_remove(manifest)
    if not going:
        raise ModelError(
            f"All files of {manifest.name} are shared with {', '.join(_others(shared, manifest.name))}."
            if shared
            else f"The model {name} is not on this machine."
        )
    for file in shared:
        kept_for = ", ".join(sorted(set(file.models) - {manifest.name}))
        typer.echo(f"Stays, {kept_for} needs it: {file.path}", err=True)
    _consent(going, yes, f"coder models rm {name} --yes")
    freed = remove(going)
    typer.echo(f"Deleted {_counted(going)}, {as_size(freed)}.", err=True)
    if as_json:
        document = {
            "name": manifest.name,
            "deleted": [str(file.path) for file in going],
            "kept": [str(file.path) for file in shared],
            "freed_bytes": freed,
        }
        typer.echo(json.dumps(document))


def prune(yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Delete what no model needs: leftovers of interrupted pulls, and files of models that are incomplete."""
    from assistant.catalog.inventory import inventory, remove

    unused = [file for file in inventory() if file.unused]
    if unused:
        _consent(unused, yes, "coder models prune --yes")
    freed = remove(unused)
    if as_json:
        typer.echo(json.dumps({"deleted": [str(file.path) for file in unused], "freed_bytes": freed}))
    said = f"Deleted {_counted(unused)}, {as_size(freed)}." if unused else "Nothing is unused."
    typer.echo(said, err=True)


def _to_verify(names: Sequence[str]) -> list[tuple[str, Path, str | None]]:
    """Model, file and the SHA-256 that its manifest names; all that are here unless some are named."""
    from assistant.catalog import embedded
    from assistant.catalog.manifest import load_manifests
    from assistant.catalog.reference import find_model, is_path

    if own := [name for name in names if is_path(name)]:
        raise UsageError(f"Of {own[0]} nobody wrote down a checksum: coder knows those of what it pulled.")
    manifests = [find_model(name) for name in names] or list(load_manifests().values())
    found: dict[Path, tuple[str, Path, str | None]] = {}
    for manifest in manifests:
        here = [selection for selection in manifest.selections() if selection.here]
        places = [(file.sha256, place) for selection in here for file, place in selection.places]
        if manifest.target is None and embedded.prepared_path().is_file():
            places = [(None, embedded.prepared_path())]
        if names and not places:
            raise ModelError(f"The model {manifest.name} is not on this machine.")
        for expected, place in places:
            found.setdefault(place, (manifest.name, place, expected))
    return list(found.values())


class _reading:  # noqa: N801 - a context manager is used as a function is
    """How far a file was read, on a terminal."""

    def __init__(self, path: Path) -> None:
        self._path, self._total = path, max(path.stat().st_size, 1)
        self._shown = -1

    def __enter__(self) -> Callable[[int], None]:
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._shown >= 0:
            typer.echo("\r\x1b[K", nl=False, err=True)

    def _show(self, done: int) -> None:
        percent = 100 * done // self._total
        if sys.stderr.isatty() and percent > self._shown:
            self._shown = percent
            typer.echo(f"\r\x1b[Kreading {self._path.name}: {percent}%", nl=False, err=True)


def _consent(files: "Sequence[StoredFile]", yes: bool, without_question: str) -> None:
    if yes:
        return
    for file in files:
        typer.echo(f"{as_size(file.size):>9}  {file.path}", err=True)
    try:
        agreed = typer.confirm(f"Delete {_counted(files)}?", err=True)
    except typer.Abort:  # nobody is there to answer
        agreed = False
    if not agreed:
        raise RefusedError("Nothing was deleted.", hint=f"Without a question: {without_question}")


def _counted(files: "Sequence[StoredFile]") -> str:
    return f"{len(files)} {'file' if len(files) == 1 else 'files'}"


def _others(files: "Sequence[StoredFile]", name: str) -> list[str]:
    return sorted({model for file in files for model in file.models} - {name})
