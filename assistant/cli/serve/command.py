"""From the command line to the server."""

import sys
from pathlib import Path
from typing import Any

import typer

from assistant.errors import UsageError
from assistant.visible import visible

_NOT_HANDED_ON = ("serve", "port")


def serve_app(ctx: typer.Context, root: Path, port: int) -> None:
    """Serve the app that the command line asks for, until Ctrl-C. Raises UsageError."""
    try:
        from assistant.cli.serve.guard import Guard
        from assistant.cli.serve.server import listen, serve
    except ImportError as error:
        raise UsageError(
            "The app in a browser needs an extra.", hint="pip install 'coder-assistant[serve]'"
        ) from error
    with listen(port) as listening:
        guard = Guard(listening.getsockname()[1])
        typer.echo(guard.address)
        typer.echo(
            "Open this address in a browser on this machine. It is the key: keep it to yourself.", err=True
        )
        typer.echo("Ctrl-C ends it.", err=True)
        serve(_app_command(ctx), listening, guard, f"coder in {visible(root.name)}")


def _app_command(ctx: typer.Context) -> list[str]:
    """The app as a process of its own, with the same options. The folder it runs in is not searched for
    modules: it is somebody's repository."""
    words = [sys.executable, "-P", "-c", "from assistant.cli.main import main; main()", "open"]
    for parameter in ctx.command.params:
        words += _words(parameter, ctx.params.get(parameter.name or ""))
    return words


def _words(parameter: Any, value: object) -> list[str]:
    if value in (None, False) or parameter.name in _NOT_HANDED_ON:
        return []
    if parameter.param_type_name == "argument":
        return [str(value)]
    return [parameter.opts[0]] if value is True else [parameter.opts[0], str(value)]
