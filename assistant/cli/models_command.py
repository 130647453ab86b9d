"""`coder models`: what can be pulled, what is on this machine, and how to be rid of it."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption
from assistant.errors import ModelError, RefusedError, UsageError

if TYPE_CHECKING:
    from assistant.catalog.manifest import Manifest

models = typer.Typer(
    help="The models that coder knows: list, show, rm.", invoke_without_command=True, rich_markup_mode=None
)


@models.callback()
def default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if ctx.invoked_subcommand is None:
        list_models(as_json)
    elif as_json:
        raise UsageError(
            "--json comes after the subcommand.", hint=f"coder models {ctx.invoked_subcommand} --json"
        )


@models.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """All known models."""
    from assistant.catalog.manifest import load_manifests

    known = [_described(manifest) for manifest in load_manifests().values()]
    if as_json:
        typer.echo(json.dumps(known, indent=2))
        return
    for model in known:
        here = "here" if model["available"] else ""
        typer.echo(f"{model['name']:24} {model['size_gb']:5.1f} GB  {here:5} {model['title']}")


@models.command("show")
def show_model(name: str, as_json: JsonOption = False) -> None:
    """One model: what it is good for, what it takes, and where its files are."""
    from assistant.catalog.manifest import find_manifest

    described = _described(find_manifest(name))
    if as_json:
        typer.echo(json.dumps(described, indent=2))
        return
    for field, value in described.items():
        shown = "\n             ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"{field:12} {shown}")


@models.command("rm")
def remove_model(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the files of a pulled model."""
    from assistant.catalog.locations import models_folder
    from assistant.catalog.manifest import find_manifest

    manifest = find_manifest(name)
    folder = models_folder() / manifest.name
    if not folder.is_dir():
        raise ModelError(f"The model {name} is not on this machine.")
    if not yes and not _consents(folder):
        raise RefusedError("Nothing was deleted.", hint="Without a question: coder models rm --yes")
    freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    typer.echo(f"Deleted {folder}.", err=True)
    if as_json:
        typer.echo(json.dumps({"name": manifest.name, "deleted": str(folder), "freed_bytes": freed}))


def _consents(folder: Path) -> bool:
    try:
        return typer.confirm(f"Delete {folder}?", err=True)
    except typer.Abort:  # nobody is there to answer
        return False


def _described(manifest: "Manifest") -> dict[str, Any]:
    from assistant.catalog import embedded

    selection = manifest.here or (manifest.select() if manifest.target else None)
    files = [path for _, path in selection.places] if selection else [embedded.prepared_path()]
    return {
        "name": manifest.name,
        "title": manifest.title,
        "about": manifest.about,
        "license": manifest.license,
        "size_gb": manifest.download_gb,
        "memory_gb": manifest.memory_gb,
        "available": manifest.pulled or (manifest.target is None and embedded.available() is not None),
        "files": [str(path) for path in files],
    }
