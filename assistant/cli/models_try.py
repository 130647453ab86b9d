"""`coder models try`: whether a model's draft pays on this machine, by measuring it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.errors import ModelError

if TYPE_CHECKING:
    from assistant.bench.pair import PairResult
    from assistant.catalog.resolve import ModelFiles
    from assistant.engine.llama import Model


def try_pair(
    name: Annotated[
        str | None, typer.Argument(metavar="[PAIR]", help="A pulled model with a draft, or a target's .gguf.")
    ] = None,
    draft: Annotated[
        str | None, typer.Option("--draft", metavar="FILE", help="Another draft: the path of its .gguf.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, max=3600, help="About how long to measure.")
    ] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Measure whether the draft pays on this machine, and compare the two vocabularies."""
    from rich.console import Console

    from assistant.bench.pair import try_draft
    from assistant.catalog.resolve import resolve_model
    from assistant.chat.generator import ReplyOptions
    from assistant.cli.live import LiveLine
    from assistant.cli.settings import loading, settings_for
    from assistant.cli.setup import load_generator
    from assistant.engine.drafters.network import NetworkDrafter

    settings = settings_for(Path(), may_ask=not as_json, model=name, draft=draft)
    files = resolve_model(settings.model)
    if draft:
        files = replace(files, draft=Path(draft).expanduser())
    # By its name it is loaded even where it is not likely to pay.
    options = loading(settings) | {"draft": str(files.draft) if files.draft else True}
    notes: list[str] = []
    with LiveLine(Console(stderr=True, highlight=False)) as line:
        generator = load_generator(files, line.loading, tell=notes.append, **options)
        try:
            if not any(isinstance(each, NetworkDrafter) for each in generator.drafters(ReplyOptions())):
                raise ModelError(f"{files.name} has no draft that can be tried.", hint=" ".join(notes))
            tolerated = _tolerated(files, generator.model)
            result = try_draft(generator, seconds, line.loading)
        finally:
            generator.close()
    if as_json:
        typer.echo(json.dumps({"name": files.name, **result.as_dict(), "tolerated": tolerated}, indent=2))
    else:
        _print(files, result, tolerated, notes)


def _tolerated(files: "ModelFiles", target: "Model") -> list[str]:
    """Differences between the two vocabularies; none where the target drafts for itself."""
    from assistant.engine.drafters.vocabulary import compare_vocabularies
    from assistant.engine.llama import Model

    if files.draft is None:
        return []
    with Model(files.draft, gpu_layers=0) as draft:
        return list(compare_vocabularies(draft, target).tolerated)


def _print(files: "ModelFiles", result: "PairResult", tolerated: list[str], notes: list[str]) -> None:
    from assistant.bench.pair import WAYS

    told = result.as_dict()
    typer.echo(
        f"target  {files.target.name}\ndraft   {files.draft.name if files.draft else 'its own layers'}"
    )
    for note in notes:
        typer.echo(f"note    {note}")
    for difference in tolerated or ["none"]:
        typer.echo(f"vocabularies differ: {difference}")
    for way in WAYS:
        typer.echo(f"{way:18} {told['tps'][way]:7.1f} tok/s")
    typer.echo(
        f"{told['draft']}: {told['accepted']} of {told['drafted']} tokens accepted "
        f"({told['acceptance_rate']:.0%}), τ {told['mean_accepted_length']:.2f}"
    )
    typer.echo(
        f"The draft {result.verdict} on this machine: {told['speedup']:.2f}x of what it is without, over "
        f"{told['requests']} requests that copy little."
    )
    if result.verdict in ("costs", "is not worth asking"):
        typer.echo("To leave it out: coder config set draft off", err=True)
