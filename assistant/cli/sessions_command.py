"""`coder sessions`: earlier work in this repository, to go on with."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import typer

from assistant.cli.options import JsonOption


def sessions(as_json: JsonOption = False) -> None:
    """List the sessions in this repository, the latest first: coder run --resume ID goes on with one."""
    from assistant.agent.session import Sessions
    from assistant.repo.workspace import find_workspace
    from assistant.visible import visible

    records = Sessions(find_workspace(Path()).root).all()
    if as_json:
        typer.echo(json.dumps([asdict(record) for record in records], indent=2))
        return
    if not records:
        typer.echo("There is no session in this repository yet.", err=True)
    for record in records:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.time))
        task = " ".join(visible(record.task).split())
        status = record.status or "not ended"
        typer.echo(f"{record.id}  {when}  {status:13}  {record.steps:3} steps  {task[:80]}")
