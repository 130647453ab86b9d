"""`coder doctor`: what works on this machine, what does not, and what mends it."""

import json
import sys
import textwrap
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.errors import UsageError
from assistant.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from assistant.doctor.check import Check, Status
    from assistant.doctor.examine import Report

_SIGNS: "dict[Status, tuple[str, str, str]]" = {  # in Unicode, in ASCII, and their colour
    "ok": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "failed": ("✗", "x", "bold red"),
}


def doctor(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="With --report: the zip to write.")
    ] = None,
    report_too: Annotated[
        bool, typer.Option("--report", help="Write a bundle to attach to a bug report, without secrets.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What works on this machine, what does not, and what mends it. Needs no network."""
    from assistant.doctor.examine import examine

    if file and not report_too:
        raise UsageError(f"What is {file} for?", hint=f"To write a bundle: coder doctor --report {file}")
    start = time.perf_counter()
    report = examine()
    seconds = time.perf_counter() - start
    if report_too:
        _write_report(file or Path(time.strftime("coder-report-%Y%m%d-%H%M%S.zip")), report, seconds)
        raise typer.Exit(report.exit_code)
    if as_json:
        typer.echo(json.dumps(_described(report, seconds), indent=2))
    else:
        _show(report, seconds)
    raise typer.Exit(report.exit_code)


def _write_report(file: Path, report: "Report", seconds: float) -> None:
    from assistant.cli.log import log_files
    from assistant.doctor.bundle import write_bundle

    names = write_bundle(file, _described(report, seconds), log_files())
    typer.echo(visible(f"Written: {file}, with {', '.join(names)}."), err=True)
    typer.echo(
        "Keys, tokens and passwords are removed, your home folder is ~; nothing was sent. Look through it "
        "before you attach it.",
        err=True,
    )


def _described(report: "Report", seconds: float) -> dict[str, object]:
    from assistant import __version__

    checks = [{"group": group.title, **asdict(check)} for group in report.groups for check in group.checks]
    return {"coder": __version__, "status": report.status, "seconds": round(seconds, 3), "checks": checks}


def _show(report: "Report", seconds: float) -> None:
    """All checks by group, then what to do: the end is what a small terminal shows."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    names = max(len(check.name) for check in report.checks)
    for group in report.groups:
        console.print(group.title, style="bold")
        for check in group.checks:
            _print(console, check.status, f"{check.status:8}", f"{check.name:{names}}  ", check.found)
    counts = Counter(check.status for check in report.checks)
    told = f"{counts['ok']} ok, {counts['warning']} with a warning, {counts['failed']} failed"
    console.print(f"\n{told}; looked at in {seconds:.1f} s.")
    for mend, mended in _mends(report.checks).items():
        _print(console, mended[0].status, ", ".join(check.name for check in mended))
        console.print(f"      {_shown(mend, console)}")  # on a line of its own, to be copied


def _mends(checks: "Iterable[Check]") -> "dict[str, list[Check]]":
    """What there is to do, each with the checks that it mends; for failed ones first."""
    mends: dict[str, list[Check]] = {}
    for check in sorted(checks, key=lambda check: check.status):
        if check.status != "ok" and check.mend:
            mends.setdefault(check.mend, []).append(check)
    return mends


def _print(console: "Console", status: "Status", label: str, head: str = "", body: str = "") -> None:
    """`body` is folded beside what is before it, unless it goes into a pipe, where lines are searched."""
    from rich.text import Text

    sign, plain_sign, colour = _SIGNS[status]
    label = f"  {sign if _shown(sign, console) == sign else plain_sign} {label}"
    folded = textwrap.fill(
        f"{label} {head}{_shown(body, console)}",
        max(console.width, 60) if console.is_terminal else sys.maxsize,
        subsequent_indent=" " * len(f"{label} {head}"),
        break_long_words=False,
        break_on_hyphens=False,
    )
    line = Text(folded)
    line.stylize(colour, 0, len(label))
    console.print(line)


def _shown(text: str, console: "Console") -> str:
    """On one line, in characters that the terminal has."""
    line = " ".join(visible(text).split())
    return line.encode(console.encoding, "replace").decode(console.encoding)
