"""`coder sessions`: earlier work in this repository, to look at, to go on with, and to be rid of."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import EngineOption, JsonOption, ModelOption
from assistant.errors import UsageError
from assistant.sizes import as_size

if TYPE_CHECKING:
    from assistant.agent.session import Sessions

sessions = typer.Typer(
    help="Earlier work in this repository: list, show, resume, rename, fork, export, rm.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, or `last`.")]


@sessions.callback()
def default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if ctx.invoked_subcommand is None:
        list_sessions(as_json)
    elif as_json:
        raise UsageError(
            "--json comes after the subcommand.", hint=f"coder sessions {ctx.invoked_subcommand} --json"
        )


@sessions.command("list")
def list_sessions(as_json: JsonOption = False) -> None:
    """All of them, the latest first, and whether their state is kept: then going on reads nothing again."""
    from assistant.visible import visible

    records = _here().all()
    if as_json:
        typer.echo(json.dumps([asdict(record) for record in records], indent=2))
        return
    if not records:
        typer.echo("There is no session in this repository yet.", err=True)
    for record in records:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.time))
        title = visible(record.title)
        status = record.status or "not ended"
        state = f"state {as_size(record.state_bytes)}" if record.state_bytes else ""
        steps = f"{record.steps:3} {'step ' if record.steps == 1 else 'steps'}"
        typer.echo(f"{record.id}  {when}  {status:13}  {steps}  {state:14}  {title[:80]}")


@sessions.command("show")
def show_session(id: IdArgument, as_json: JsonOption = False) -> None:
    """What happened in one."""
    from assistant.visible import visible

    events = _here().events(id)
    if as_json:
        typer.echo(json.dumps(events, indent=2))
        return
    for line in _told(events):
        typer.echo(visible(line))


@sessions.command("resume")
def resume_session(
    ctx: typer.Context, id: IdArgument = "last", model: ModelOption = None, engine: EngineOption = None
) -> None:
    """Go on with one in the app; `coder run --resume ID` does so without it."""
    from assistant.cli.main import open_app

    open_app(ctx, model=model, engine=engine, resume=_here().find(id).id)


@sessions.command("rename")
def rename_session(
    id: IdArgument, name: Annotated[str, typer.Argument(help="Empty for its task again.")]
) -> None:
    """Give one a name of your own."""
    _here().rename(id, name)


@sessions.command("fork")
def fork_session(id: IdArgument) -> None:
    """Copy one, to go on with apart from it; its new id is printed."""
    typer.echo(_here().fork(id).id)


@sessions.command("export")
def export_session(
    id: IdArgument,
    file: Annotated[Path | None, typer.Argument(help="A new file; else it is printed.")] = None,
) -> None:
    """Write one down as markdown."""
    from assistant.agent.transcript import as_markdown
    from assistant.repo.creation import create_source, new_source

    here = _here()
    text = as_markdown(here.find(id), here.events(id))
    if file is None:
        typer.echo(text, nl=False)
        return
    create_source(new_source(file, file.absolute().parent, text))
    typer.echo(f"The session is in {file}.", err=True)


@sessions.command("rm")
def remove_session(id: IdArgument) -> None:
    """Delete one, with its state. What it wrote in the repository stays."""
    here = _here()
    with here.resume(id)[0] as session:
        session.delete()
    typer.echo(f"Deleted session {session.id}.", err=True)


def _here() -> "Sessions":
    from assistant.agent.session import Sessions
    from assistant.repo.workspace import find_workspace

    return Sessions(find_workspace(Path()).root)


def _told(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        match event:
            case {"event": "started", "task": task, "model": model}:
                yield f"> {task}  ({model})"
            case {"event": "observed", "brief": brief}:
                yield f"  {brief}"
            case {"event": "changed", "paths": paths}:
                yield f"  changed: {', '.join(paths)}"
            case {"event": "shrunk", "what": what}:
                yield f"  left out of the context: {'; '.join(what)}"
            case {"event": "outcome", "status": status, "answer": answer}:
                yield f"{answer}\n({status})" if answer else f"({status})"
