"""`coder bench --budget`: turns under a wall-clock limit, with this model or simulated."""

import json
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table

from assistant.bench.budget import BudgetReport
from assistant.errors import UsageError

_MOST_LENGTHS = 2000


def simulated(name: str, limit_s: float, base_tps: float | None, lengths: Sequence[float]) -> BudgetReport:
    """The turns of a published model. Raises UsageError for what is not known."""
    from assistant.bench.budget.simulate import DSPARK, simulate
    from assistant.bench.cost.quantities import checked

    model = next((one for one in DSPARK if one.name == name), None)
    if model is None:
        names = ", ".join(one.name for one in DSPARK)
        raise UsageError(f"No figures are published here for {name!r}.", hint=f"There are: {names}.")
    if base_tps is None:
        raise UsageError(
            f"How quick is {name} without DSpark?",
            hint=f"--base-tps: tokens/s that you saw with {model.over}, over which the gains were published.",
        )
    if not lengths:
        raise UsageError(
            "How long are your turns? There is no history that says it.",
            hint="--turn-median and --turn-p90, in tokens.",
        )
    return simulate(model, checked("plain_tps", base_tps), lengths[:_MOST_LENGTHS], limit_s)


def turn_lengths(median: float | None, p90: float | None, model: str | None) -> Sequence[float]:
    """Tokens of turns as given, else as recorded. Raises UsageError."""
    from assistant.bench.cost.inputs import lengths
    from assistant.bench.cost.quantities import checked
    from assistant.cli.cost_inputs import measured

    given = {"turn_median": median, "turn_p90": p90}
    known = {name: checked(name, value) for name, value in given.items() if value is not None}
    return lengths(known, measured(None, None, model))


def show(report: BudgetReport, *, as_json: bool) -> None:
    """A table of at most 80 columns, or the document."""
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
        return
    out = Console(highlight=False, markup=False)
    if report.simulated:
        out.print(f"SIMULATED, not measured: {report.simulated}.", style="bold yellow")
        out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = ("", "done", "turns", "cut off", "tokens/turn", "work", "billed in", "out")
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for tally in report.tallies:
        table.add_row(
            tally.way,
            f"{tally.finished / tally.jobs:.0%}" if tally.jobs else "–",
            _compact(tally.turns),
            _compact(tally.timeouts),
            f"{tally.work_per_turn:.1f}",
            f"{report.more_work(tally):.2f}x",
            "–" if tally.billed_in is None else _compact(tally.billed_in),
            _compact(tally.billed_out),
        )
    out.print(table)
    out.print()
    jobs = report.tallies[0].jobs
    out.print(
        f"{jobs:,} jobs in turns of at most {report.limit_s:g} s. work: answer tokens that a turn brings."
    )
    out.print("An answer has as many tokens either way; a turn more reads its prompt once more.")
    if report.stopped:
        out.print(f"Partial: {report.stopped}.", style="yellow")


def _compact(count: int) -> str:
    return f"{count:,}" if count < 100_000 else f"{count / 1e6:,.2f}M"
