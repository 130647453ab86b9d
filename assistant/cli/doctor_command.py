"""`coder doctor`: what works on this machine, what does not, and what mends it."""

import json
import shutil
import sys
import textwrap
import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from assistant.cli.options import JsonOption
from assistant.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.doctor.check import Check, Status
    from assistant.doctor.examine import Report

_SIGNS: "dict[Status, tuple[str, str, str]]" = {  # in Unicode, in ASCII, and their colour
    "ok": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "failed": ("✗", "x", "bold red"),
}


def doctor(as_json: JsonOption = False) -> None:
    """What works on this machine, what does not, and what mends it. Needs no network."""
    from assistant.doctor.examine import examine

    start = time.perf_counter()
    report = examine()
    seconds = time.perf_counter() - start
    if as_json:
        typer.echo(json.dumps(_described(report, seconds), indent=2))
    else:
        _show(report, seconds)
    raise typer.Exit(report.exit_code)


def _described(report: "Report", seconds: float) -> dict[str, object]:
    from assistant import __version__

    checks = [{"group": group.title, **asdict(check)} for group in report.groups for check in group.checks]
    return {"coder": __version__, "status": report.status, "seconds": round(seconds, 3), "checks": checks}


def _show(report: "Report", seconds: float) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    names = max(len(check.name) for check in report.checks)
    width = max(shutil.get_terminal_size().columns, 60) if console.is_terminal else sys.maxsize
    for group in report.groups:
        console.print(group.title, style="bold", markup=False)
        for check in group.checks:
            _print(console, check, f"{check.status:8} {check.name:{names}}  ", check.found, width)
    counts = Counter(check.status for check in report.checks)
    told = f"{counts['ok']} ok, {counts['warning']} with a warning, {counts['failed']} failed"
    console.print(f"\n{told}; looked at in {seconds:.1f} s.", markup=False)
    to_mend = [check for check in report.checks if check.status != "ok" and check.mend]
    if to_mend:
        console.print("What to do", style="bold", markup=False)
    for check in sorted(to_mend, key=lambda check: check.status):
        _print(console, check, f"{check.name}: ", check.mend, sys.maxsize)  # in one piece, to be copied


def _print(console: "Console", check: "Check", head: str, text: str, width: int) -> None:
    """Two columns, `text` folded in the second one."""
    from rich.text import Text

    sign, plain_sign, colour = _SIGNS[check.status]
    if not _can_show(sign, console.encoding):
        sign = plain_sign
    head = f"  {sign} {head}"
    body = " ".join(visible(text).split())
    body = body.encode(console.encoding, "replace").decode(console.encoding)
    folded = textwrap.fill(
        head + body,
        width,
        subsequent_indent=" " * len(head),
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
    line = Text(folded)
    line.stylize(colour, 0, len(f"  {sign} {check.status}") if check.status in head else len(f"  {sign}"))
    console.print(line)


def _can_show(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
