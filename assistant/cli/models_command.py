"""`coder models`: what can be pulled, what is on this machine, and how to be rid of it."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.model_fit import best_fit, described, fit_line
from assistant.cli.options import JsonOption
from assistant.errors import ModelError, RefusedError, UsageError

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
    """All known models: their size, whether they are here, and what of them fits this machine."""
    from assistant.catalog.manifest import load_manifests
    from assistant.engine.llama import free_memory

    free = free_memory()
    known = [described(manifest, free) for manifest in load_manifests().values()]
    if as_json:
        typer.echo(json.dumps(known, indent=2))
        return
    rows = [
        (
            model["name"],
            f"{model['size_gb']:.1f} GB",
            "here" if model["available"] else "",
            best_fit(model["quantizations"]),
            model["title"],
        )
        for model in known
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, size, here, fits, title in rows:
        cells = (name.ljust(widths[0]), size.rjust(widths[1]), here.ljust(4), fits.ljust(widths[3]), title)
        typer.echo("  ".join(cells))


@models.command("show")
def show_model(name: str, as_json: JsonOption = False) -> None:
    """One model: what it is good for, what it takes, what of it fits, and where its files are."""
    from assistant.catalog.manifest import find_manifest
    from assistant.engine.llama import free_memory

    model = described(find_manifest(name), free_memory())
    if as_json:
        typer.echo(json.dumps(model, indent=2))
        return
    lines = {**model, "quantizations": [fit_line(one) for one in model["quantizations"]]}
    for field, value in lines.items():
        if value not in (None, "", []):
            shown = f"\n{'':14}".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{field:13} {shown}")


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
