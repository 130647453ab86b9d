"""What `coder cost` is told: by options, by answers on the terminal, and by measurements."""

from pathlib import Path

import typer

from assistant.bench.cost.inputs import LENGTHS, Amounts, Values, parsed
from assistant.bench.cost.quantities import QUANTITIES
from assistant.bench.cost.speeds import Measured, from_bench, from_history
from assistant.errors import CoderError, UsageError


def measured(bench: Path | None, task: str | None, model: str | None) -> Measured:
    """From the document `bench`, else from the history; where that cannot be read it is told."""
    from assistant.bench.history import History, history_file

    if bench:
        return from_bench(bench, task)
    if not history_file().exists():
        return Measured()
    try:
        with History(history_file()) as history:
            return from_history(history, model)
    except CoderError as error:
        typer.echo(f"{error.message} Speeds are not taken from it.", err=True)
        return Measured()


def ask(values: Values, amounts: Amounts, known: Measured) -> None:
    """Ask for what is not known, and add the answers. Return leaves a value out."""
    typer.echo("Return leaves out what you do not know.", err=True)
    for name, quantity in QUANTITIES.items():
        if name in values or name in amounts or name in known.values:
            continue
        if name in LENGTHS and known.lengths:
            continue
        while answer := typer.prompt(quantity.ask, default="", show_default=False, err=True).strip():
            try:
                more_values, more_amounts = parsed({name: answer})
            except (UsageError, ValueError) as error:
                typer.echo(getattr(error, "message", f"{answer!r} is no number."), err=True)
                continue
            values |= more_values
            amounts |= more_amounts
            break
