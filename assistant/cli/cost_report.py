"""The calculator's result as tables of at most 80 columns."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.bench.cost.figures import amount, days, hours, shown
from assistant.bench.cost.report import UNCHANGED, CostReport, Ways
from assistant.visible import visible

if TYPE_CHECKING:
    from rich.table import Table


def show(report: CostReport, measured: str) -> None:
    """Print it on stdout; what is missing comes last."""
    from rich.console import Console

    out = Console(highlight=False, markup=False)
    for table in (_machine(report), _timeouts(report), _apis(report)):
        if table.row_count:
            out.print(table)
            out.print()
    if measured:
        out.print(f"Speeds from {visible(measured)}.")
    if report.saved_hours_a_day is not None:
        verb = "saves" if report.saved_hours_a_day >= 0 else "costs"
        out.print(f"Speculation {verb} {hours(abs(report.saved_hours_a_day))} a day.")
    if report.apis:
        seen = {each.price.seen.isoformat() for each in report.apis}
        out.print(f"API prices as seen {min(seen)} or later; coder cost --prices names the sources.")
    out.print(UNCHANGED)
    for note in report.notes:
        out.print(note, style="yellow")
    for missing in report.left_out:
        out.print(f"Left out: {missing}", style="dim")


def _machine(report: CostReport) -> "Table":
    money = report.currency or ""
    table = _table("", "plain", "speculative")
    rows: tuple[tuple[str, Ways, Callable[[float], str]], ...] = (
        (f"energy, {money} a million answer tokens", report.energy_per_million, amount),
        (f"machine, {money} a million answer tokens", report.hardware_per_million, amount),
        (f"both, {money} a million answer tokens", report.cost_per_million, amount),
        (f"energy, {money} a day", report.energy_a_day, amount),
        ("answering, a day", report.busy_hours_a_day, hours),
    )
    for name, ways, form in rows:
        if (ways.plain, ways.speculative) != (None, None):
            table.add_row(name, shown(ways.plain, form), shown(ways.speculative, form))
    return table


def _timeouts(report: CostReport) -> "Table":
    table = _table("turns cut off by the limit", "share", "a day", "9 days in 10")
    for way, timeouts in report.timeouts.items():
        between = f"{timeouts.low:g} to {timeouts.high:g}"
        table.add_row(way, f"{timeouts.share:.1%}", f"{timeouts.a_day:.1f}", between)
    return table


def _apis(report: CostReport) -> "Table":
    money = report.currency or ""
    table = _table("API", f"{money}/M out", f"{money}/day", "pays back: plain", "speculative", "M tokens")
    for each in report.apis:
        table.add_row(
            visible(each.price.name),
            amount(each.per_million),
            shown(each.a_day, amount),
            shown(each.days.plain, days),
            shown(each.days.speculative, days),
            shown(each.tokens.speculative, lambda tokens: f"{tokens / 1e6:,.0f}"),
        )
    return table


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=number == 0)
    return table
