"""A measurement on the terminal and in files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from assistant.bench.report import Change, as_html, as_markdown
from assistant.bench.report.document import Document
from assistant.bench.report.markdown import heading, interval
from assistant.cli.bars import bar
from assistant.errors import CoderError
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.bench.verify import Exactness

_BAR_WIDTH = 14


def write_reports(
    document: Document, changes: Sequence[Change], *, markdown: Path | None, html: Path | None
) -> None:
    """Write the files that were asked for, each at once. Raises CoderError."""
    from assistant.repo.atomic import replace_file

    for path, text in ((markdown, as_markdown), (html, as_html)):
        if path is None:
            continue
        try:
            replace_file(path.resolve(), text(document, changes).encode(), 0o644)
        except OSError as error:
            raise CoderError(f"{path} cannot be written: {error.strerror or error}.") from error
        typer.echo(f"Written: {path}", err=True)


def show(document: Document, changes: Sequence[Change]) -> None:
    """Tables of at most 80 columns on stdout."""
    out = Console(highlight=False, markup=False)
    for table in (_tasks(document), _drafters(document), _changes(changes)):
        if table.row_count:
            out.print(table)
            out.print()
    out.print(heading(document))
    if document["power_w"]:
        out.print(f"{document['power_w']:.0f} W on average ({', '.join(document['metered'])}).")


def _tasks(document: Document) -> Table:
    table = _table("task", "plain", "spec.", "speedup (95 %)", "", "kept", "τ", "same")
    most = max((task["speedup"] for task in document["tasks"]), default=1.0)
    for task in document["tasks"]:
        edges = interval(task)
        table.add_row(
            visible(task["task"]),
            f"{task['plain_tps']:.1f}",
            f"{task['speculative_tps']:.1f}",
            f"{task['speedup']:.2f}x ({edges})" if edges else f"{task['speedup']:.2f}x",
            bar(task["speedup"], max(most, 1.0), _BAR_WIDTH),
            f"{task['acceptance_rate']:.0%}",
            f"{task['mean_accepted_length']:.2f}",
            f"{task['identical']}/{task['measured_requests']}",
        )
    return table


def _drafters(document: Document) -> Table:
    table = _table("task", "drafter", "drafted", "accepted", "", left=2)
    for task in document["tasks"]:
        for name, count in task["by_drafter"].items():
            share = count["acceptance_rate"]
            table.add_row(
                visible(task["task"]),
                visible(name),
                f"{count['drafted']:,}",
                f"{count['accepted']:,} ({share:.0%})",
                bar(share, 1.0, _BAR_WIDTH),
            )
    return table


def _changes(changes: Sequence[Change]) -> Table:
    table = _table("against the earlier run", "then", "now", "plain", "speculative", "")
    for change in changes:
        table.add_row(
            visible(change.task),
            f"{change.speedup_then:.2f}x",
            f"{change.speedup_now:.2f}x",
            f"{change.plain_ratio:.2f}",
            f"{change.speculative_ratio:.2f}",
            "clear" if change.clear else "within the noise",
        )
    return table


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        is_left = number < left or not name
        table.add_column(name, justify="left" if is_left else "right", no_wrap=True, overflow="ellipsis")
    return table


def show_exactness(exactness: "Exactness") -> None:
    """Which answers are the same, and where others part."""
    same = sum(comparison.divergence is None for comparison in exactness.comparisons)
    typer.echo(f"{same} of {len(exactness.comparisons)} answers are identical, plain and speculative.")
    for comparison in exactness.comparisons:
        if found := comparison.divergence:
            typer.echo(
                f"{comparison.name}: token {found.position} is {found.speculative_text!r} instead of "
                f"{found.plain_text!r}, preferred by {found.margin:.4f}"
            )
    typer.echo(f"Logits of the same tokens differ by at most {exactness.noise:.2g} in this profile.")
    if not exactness.explained:
        typer.echo("That does not explain every divergence: please report it.", err=True)
