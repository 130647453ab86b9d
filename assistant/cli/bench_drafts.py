"""`coder bench` with several `--draft`: how far the drafts of different methods are right."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from assistant.errors import ExitCode, ModelError, UsageError
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.bench.drafts import DraftComparison
    from assistant.bench.tasks import Task
    from assistant.chat.local import LocalGenerator
    from assistant.cli.setup import Progress
    from assistant.engine.drafters.network import NetworkDrafter

ALL = "all"


def draft_files(given: Sequence[str], model: str | None) -> list[Path]:
    """The files that are to be compared, none where one draft at most is meant; `all` are those of the
    model's manifest that are on this machine. Raises UsageError."""
    from assistant.catalog.resolve import drafts_here, resolve_model

    if given == [ALL]:
        found = list(drafts_here(resolve_model(model)))
        if not found:
            raise UsageError("No draft of this model is on this machine.", hint="Name files: --draft FILE")
        return found
    if len(given) < 2:
        return []
    files = [Path(file).expanduser() for file in given]
    if missing := [file for file in files if not file.is_file()]:
        raise UsageError(f"There is no draft {missing[0]}.", hint="Give the .gguf files of all with --draft.")
    return list(dict.fromkeys(files))


def compared(
    generator: "LocalGenerator",
    files: Sequence[Path],
    tasks: "Sequence[Task]",
    progress: "Progress",
    tell: Callable[[str], None],
    seconds: float | None,
) -> "DraftComparison":
    """Load the drafts beside the target and measure them, for about `seconds`. One that is not for this
    target is left out and told. Raises ModelError where none is left."""
    from assistant.bench.drafts import compare_drafts
    from assistant.cli.setup import try_first
    from assistant.engine.drafters.load import load_drafter

    with ExitStack() as loaded:
        drafters: dict[str, NetworkDrafter] = {}
        for file in files:
            progress(f"loading draft {file.stem}", 0.0)
            try:
                try_first(file, progress)
                drafter = load_drafter(file, generator.model, generator.context)
            except ModelError as error:
                tell(f"Left out: {error.message}")
                continue
            loaded.callback(drafter.close)
            drafters[file.name if file.name not in drafters else str(file)] = drafter
        if not drafters:
            raise ModelError(f"None of the drafts is for {generator.name}.")
        return compare_drafts(generator, drafters, tasks, progress, seconds)


def show(comparison: "DraftComparison", model: str, *, as_json: bool) -> None:
    """A table of at most 80 columns, or the document; leaves with what it was interrupted by."""
    results = [result.as_dict() for result in comparison.results if result.ratios]
    if as_json:
        document = {"model": model, "stopped": comparison.stopped or None, "drafts": results}
        typer.echo(json.dumps(document, indent=2))
    else:
        out = Console(highlight=False, markup=False)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, name in enumerate(("task", "draft", "method", "τ", "accepted", "speed")):
            table.add_column(name, justify="left" if number < 3 else "right", overflow="ellipsis")
        for one in results:
            table.add_row(
                visible(one["task"]),
                visible(one["file"]),
                one["method"],
                f"{one['mean_accepted_length']:.2f}",
                f"{one['acceptance_rate']:.0%}",
                f"{one['speedup']:.2f}x",
            )
        out.print(table)
        out.print()
        verified = results[0]["verified"] if results else 0
        out.print(
            f"{model}: each draft alone, {verified} of its tokens always verified, so that τ is compared; "
            "speed is over plain decoding, which a scheduler that drafts less may better."
        )
        if comparison.stopped:
            out.print(f"Partial: {comparison.stopped}.", style="yellow")
    raise typer.Exit(ExitCode.INTERRUPTED if comparison.stopped == "interrupted" else ExitCode.DONE)
