"""`coder stats`: your own history, as plots, as data, or deleted."""

import csv
import json
import re
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.bars import bar
from assistant.cli.options import JsonOption
from assistant.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from assistant.bench.history import Filter, Group, History, Total

_MOST_DAYS = 30
_SPAN = re.compile(r"(\d{1,5})([dwmy])")
_DAYS_IN = {"d": 1, "w": 7, "m": 30, "y": 365}

GROUPS: "tuple[Group, ...]" = ("day", "task", "model", "command")


def stats(
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="From this date on, or 7d, 4w, 6m, 1y back.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="Only this model.")] = None,
    command: Annotated[
        str | None,
        typer.Option("--command", metavar="NAME", help="Only work of this command: app, run, bench …"),
    ] = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every generation, as CSV.")] = False,
    as_lines: Annotated[
        bool, typer.Option("--json-lines", help="Every generation, one JSON object a line.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Forget all of it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Speed and acceptance of your own work, by day, task, model and drafter.

    A task is what an answer did. By the tool it called: edit, read, command, plan, answer, or tool for any
    other; without one: rewrite for code that follows a given file, code where it is mostly code, else
    explanation. No text is kept, and nothing leaves this machine; coder config set history off ends it."""
    from assistant.bench.history import Filter, History, history_file

    if sum((as_json, as_csv, as_lines, delete)) > 1:
        raise UsageError("--json, --csv, --json-lines and --delete exclude each other.")
    which = Filter(_day(since, date.today()) if since else None, model, command)
    with History(history_file()) as history:
        if delete:
            if since or model or command:
                raise UsageError("--delete forgets all of the history.", hint="Leave the other options out.")
            _delete(history, yes)
        elif as_csv or as_lines:
            _export(history, which, as_lines)
        elif as_json:
            typer.echo(json.dumps(_document(history, which), indent=2))
        else:
            _show(history, which)


def _day(when: str, today: date) -> str:
    """`2026-11-03`, or a span back from `today`, as a date in ISO form. Raises UsageError."""
    try:
        if span := _SPAN.fullmatch(when.strip().lower()):
            return (today - timedelta(days=int(span[1]) * _DAYS_IN[span[2]])).isoformat()
        return date.fromisoformat(when.strip()).isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{when!r} is no date.", hint="For example: --since 2026-11-03, or --since 7d"
        ) from error


def _delete(history: "History", yes: bool) -> None:
    count, first, last = history.count()
    if not count:
        typer.echo("There is no history.", err=True)
        return
    if not yes:
        if not sys.stdin.isatty():
            raise RefusedError("Nobody can be asked for consent here.", hint="Add --yes to delete.")
        if not typer.confirm(f"Delete {count:,} generations of {first} to {last}?", err=True):
            raise RefusedError("Nothing was deleted.")
    history.delete()
    typer.echo(f"Deleted {count:,} generations.", err=True)


def _export(history: "History", which: "Filter", as_lines: bool) -> None:
    from assistant.bench.history.store import COLUMNS

    writer = csv.DictWriter(sys.stdout, COLUMNS)
    if not as_lines:
        writer.writeheader()
    for row in history.rows(which):
        if as_lines:
            sys.stdout.write(json.dumps(row) + "\n")
        else:
            writer.writerow(row | {"by_drafter": json.dumps(row["by_drafter"])})


def _document(history: "History", which: "Filter") -> dict[str, Any]:
    """Totals under their contract names."""
    groups = {f"by_{group}": history.totals(group, which) for group in GROUPS}
    return {
        "since": which.since,
        "model": which.model,
        "command": which.command,
        "generations": sum(total.generations for total in groups["by_day"]),
        **{name: [total.as_dict() for total in totals] for name, totals in groups.items()},
        "by_drafter": [
            {
                "key": total.key,
                "generations": total.generations,
                "drafted": total.stats.drafted,
                "accepted": total.stats.accepted,
                "acceptance_rate": round(total.stats.acceptance_rate, 4),
            }
            for total in history.by_drafter(which)
        ],
    }


def _show(history: "History", which: "Filter") -> None:
    from rich.console import Console

    days = history.totals("day", which)
    if not days:
        typer.echo("There is no such history yet: answers are recorded as you work.", err=True)
        return
    out = Console(highlight=False)
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    shown = [day for day in days if day.key <= tomorrow][-_MOST_DAYS:]
    if len(shown) < len(days):
        out.print(
            f"[dim]The last {len(shown)} of {len(days)} days; --since, --json and --csv give others.[/]"
        )
    tables = [_speeds("day", shown)]
    for group in ("task", "model", "command"):
        totals = history.totals(group, which)
        tables.append(_speeds(group, sorted(totals, key=lambda total: -total.stats.emitted)[:_MOST_DAYS]))
    tables.append(_drafters(history.by_drafter(which)))
    for table in tables:
        if table.row_count:
            out.print(table, "")
    if len(ahead := [day for day in days if day.key > tomorrow]):
        count = sum(day.generations for day in ahead)
        out.print(f"{count:,} generations are dated {ahead[0].key} or later: the clock was wrong then.")
    out.print("[dim]τ: tokens emitted by a pass of the model. tok/s: prompts not counted.[/]")


def _speeds(group: str, totals: "Sequence[Total]") -> "Table":
    table = _table(group, "answers", "tokens", "accepted", "τ", "tok/s", "")
    fastest = max((total.stats.decode_tps for total in totals), default=0.0)
    for total in totals:
        stats = total.stats
        table.add_row(
            _cell(total.key),
            f"{total.generations:,}",
            f"{stats.emitted:,}",
            f"{stats.acceptance_rate:.0%}" if stats.drafted else "–",
            f"{stats.mean_accepted_length:.2f}",
            f"{stats.decode_tps:.1f}",
            bar(stats.decode_tps, fastest),
        )
    return table


def _drafters(totals: "Sequence[Total]") -> "Table":
    table = _table("drafter", "answers", "drafted", "kept", "", "accepted", "")
    for total in totals:
        stats = total.stats
        table.add_row(
            _cell(total.key),
            f"{total.generations:,}",
            f"{stats.drafted:,}",
            f"{stats.accepted:,}",
            "",
            f"{stats.acceptance_rate:.0%}",
            bar(stats.acceptance_rate, 1.0),
        )
    return table


def _table(group: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(group, no_wrap=True, overflow="ellipsis", min_width=10, max_width=22)
    for name in columns[:-1]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(columns[-1], no_wrap=True, overflow="crop", style="cyan")
    return table


def _cell(text: str) -> Any:
    from rich.text import Text

    from assistant.visible import visible

    return Text(visible(text))
