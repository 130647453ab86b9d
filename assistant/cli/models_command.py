"""`coder models`: what can be pulled, what of it fits, and what is on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.model_fit import best_fit, described, described_file, fit_line
from assistant.cli.models_files import prune, remove_model, verify
from assistant.cli.models_try import try_pair
from assistant.cli.options import JsonOption
from assistant.errors import UsageError
from assistant.sizes import as_size

if TYPE_CHECKING:
    from assistant.catalog.inventory import StoredFile

NameArgument = Annotated[
    str, typer.Argument(help="A model of `coder models`, hf:OWNER/REPO, or the path of a .gguf file.")
]
models = typer.Typer(
    help="The models that coder knows: list, show, path, verify, rm, prune, try.",
    invoke_without_command=True,
    rich_markup_mode=None,
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
    from assistant.catalog.inventory import inventory
    from assistant.catalog.manifest import load_manifests
    from assistant.engine.llama import free_memory

    free, stored = free_memory(), inventory()
    known = [
        {**described(manifest, free), **_stored_of(manifest.name, stored)}
        for manifest in load_manifests().values()
    ]
    if as_json:
        typer.echo(json.dumps(known, indent=2))
        return
    rows = [
        (
            model["name"],
            as_size(model["size_gb"] * 1e9),
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
    if stored:
        typer.echo(_summary(stored), err=True)


@models.command("show")
def show_model(name: NameArgument, as_json: JsonOption = False) -> None:
    """One model: what it is good for, what it takes, what of it fits, and where its files are."""
    from assistant.catalog.inventory import inventory
    from assistant.catalog.reference import find_model, is_path
    from assistant.engine.llama import free_memory

    if is_path(name):
        model = described_file(Path(name).expanduser(), free_memory())
    else:
        manifest = find_model(name)
        model = {**described(manifest, free_memory()), **_stored_of(manifest.name, inventory())}
    if as_json:
        typer.echo(json.dumps(model, indent=2))
        return
    lines = {
        **model,
        "quantizations": [fit_line(one) for one in model["quantizations"]],
        "stored": [_file_line(each) for each in model.get("stored", ())],
    }
    for field, value in lines.items():
        if value not in (None, "", []):
            shown = f"\n{'':14}".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{field:13} {shown}")


@models.command("path")
def path_of_model(
    name: NameArgument,
    draft: Annotated[bool, typer.Option("--draft", help="The draft's path instead of the target's.")] = False,
) -> None:
    """Where a model's file lies, for a script."""
    from assistant.catalog.resolve import resolve_model
    from assistant.engine.gguf_header import check_gguf
    from assistant.errors import ModelError

    files = resolve_model(name)
    path = files.draft if draft else files.target
    if path is None:
        raise ModelError(f"{files.name} has no draft on this machine.")
    if not files.tiny:
        check_gguf(path)
    typer.echo(path)


models.command("verify")(verify)
models.command("rm")(remove_model)
models.command("prune")(prune)
models.command("try")(try_pair)


def _stored_of(name: str, stored: "tuple[StoredFile, ...]") -> dict[str, object]:
    """A model's files on this machine, with the others that share each."""
    return {
        "stored": [
            {"path": str(file.path), "bytes": file.size, "shared_with": [m for m in file.models if m != name]}
            for file in stored
            if name in file.models
        ]
    }


def _file_line(file: dict[str, object]) -> str:
    shared, size = file["shared_with"], file["bytes"]
    assert isinstance(size, int)
    with_whom = f"  shared with {', '.join(shared)}" if isinstance(shared, list) and shared else ""
    return f"{as_size(size)}  {file['path']}{with_whom}"


def _summary(stored: "tuple[StoredFile, ...]") -> str:
    total = sum(file.size for file in stored)
    unused = sum(file.size for file in stored if file.unused)
    said = f"On this machine: {as_size(total)} in {len(stored)} {'file' if len(stored) == 1 else 'files'}"
    return f"{said}, {as_size(unused)} of it unused (coder models prune)." if unused else f"{said}."
