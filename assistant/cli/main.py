"""The command `coder`. Commands import what they need when they run: `--help` stays quick."""

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli.options import (
    ContextOption,
    DraftOption,
    EngineOption,
    FlashAttentionOption,
    KvTypeOption,
    ModelOption,
    ModelOptions,
    ResumeOption,
)
from assistant.ending import leave, read_no_more, when_told_to_end
from assistant.errors import CoderError, ExitCode, UsageError
from assistant.visible import visible

OPEN = "open"
_WITH_A_SCREEN = (OPEN, "review")
_log = logging.getLogger(__name__)


class Commands(TyperGroup):
    """`coder PATH` opens the app there; failures become a message and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Options that are not those of `coder` itself belong to the app that it opens; `--debug` may stand
        behind any command."""
        end = args.index("--") if "--" in args else len(args)
        if "--debug" in args[:end]:
            args = ["--debug", *(arg for arg in args[:end] if arg != "--debug"), *args[end:]]
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        first = next((i for i, arg in enumerate(args) if arg not in own), len(args))
        if first < len(args) and args[first].startswith("-"):
            args = [*args[:first], OPEN, *args[first:]]
        try:
            return super().parse_args(ctx, args)
        except BrokenPipeError:  # of --help
            raise typer.Exit(read_no_more()) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            _require_path(args[0])
            args = [OPEN, *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CoderError as error:
            _log.info("it ended with %s", type(error).__name__, exc_info=True)
            report(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            typer.echo("\nInterrupted.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            raise typer.Exit(read_no_more()) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as fault:
            if type(fault).__module__.startswith(("typer", "click")):
                raise
            _log.error("it failed with %s", type(fault).__name__, exc_info=True)
            report(
                CoderError(
                    f"coder failed: {type(fault).__name__}: {fault}",
                    hint="A fault in coder itself; --debug shows the traceback. Please report it, with what "
                    "`coder doctor --report` writes.",
                )
            )
            raise typer.Exit(ExitCode.NOT_ACHIEVED) from fault


app = typer.Typer(
    cls=Commands,
    help="A coding assistant that runs on your machine: `coder` opens it in this repository.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def report(error: CoderError) -> None:
    """What happened, and what to do next, on stderr."""
    typer.secho(visible(f"coder: {error.message}"), fg="red", err=True)
    if error.hint:
        typer.echo(visible(f"  {error.hint}"), err=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        from assistant import __version__

        typer.echo(f"coder {__version__}")
        raise typer.Exit


@app.callback()
def start(
    ctx: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="With any command: tracebacks and what happens, on stderr.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    from assistant import __version__
    from assistant.cli.log import start_log

    command = ctx.invoked_subcommand or OPEN
    start_log(debug=debug, screen=command in _WITH_A_SCREEN)
    _log.info("coder %s, Python %s: %s", __version__, sys.version.split()[0], command)
    if ctx.invoked_subcommand is None:
        open_app(ctx)


@app.command(OPEN, hidden=True)
def open_app(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder of the repository.")] = Path(),
    model: ModelOption = None,
    draft: DraftOption = None,
    engine: EngineOption = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
    resume: ResumeOption = None,
    serve: Annotated[bool, typer.Option("--serve", help="In a browser on this machine instead.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="For --serve; 0 takes a free one.")] = 0,
) -> None:
    """The terminal app, in the repository that PATH lies in."""
    from assistant.cli.serve.child import end_with_server, is_served

    if not path.is_dir():
        _require_path(str(path))
        raise UsageError(f"{path} is a file.", hint=f"To change it: coder fix {path} -m 'what to change'")
    if serve:
        from assistant.cli.serve.command import serve_app

        serve_app(ctx, path.resolve(), port)
        return
    if is_served():
        end_with_server()
    elif not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "The app needs a terminal.", hint="In a pipe or script use `coder run` or `coder fix`."
        )
    from assistant.cli.engine import loader, remote_for
    from assistant.cli.run_command import servers_for
    from assistant.cli.settings import settings_for, with_model
    from assistant.repo.workspace import find_workspace
    from assistant.tui.app import CoderApp
    from assistant.tui.work import WorkOptions

    local = ModelOptions(
        model=model, draft=draft, context=context, kv_type=kv_type, flash_attention=flash_attention
    )
    settings = settings_for(path, **local)
    remote = remote_for(engine, settings, **local)
    workspace = find_workspace(path)
    if resume:
        from assistant.agent.session import Sessions

        resume = Sessions(workspace.root).find(resume).id

    work = WorkOptions(
        settings.mode,
        settings.test or "",
        settings.test_timeout,
        settings.budget,
        partial(servers_for, settings, None),
    )
    CoderApp(
        workspace,
        loader(remote, settings, workspace.root),
        settings.app,
        work=work,
        load_model=lambda name: loader(None, with_model(settings, name), workspace.root),
        resume=resume or "",
    ).run()


def _require_path(word: str) -> None:
    """A word that is neither a command nor a path is a command with a slip of the finger."""
    if Path(word).exists():
        return
    from difflib import get_close_matches

    names = [command.name for command in app.registered_commands if command.name and not command.hidden]
    names += [group.name for group in app.registered_groups if group.name]
    close = get_close_matches(word, names, n=1)
    raise UsageError(
        f"There is no command or folder {word!r}.",
        hint=f"Did you mean `coder {close[0]}`?" if close else "`coder --help` lists the commands.",
    )


def _register() -> None:
    from assistant.cli.bench_command import bench
    from assistant.cli.config_command import config
    from assistant.cli.cost_command import cost
    from assistant.cli.demo_command import demo
    from assistant.cli.doctor_command import doctor
    from assistant.cli.fix_command import fix
    from assistant.cli.models_command import models
    from assistant.cli.pull_command import pull
    from assistant.cli.review_command import review
    from assistant.cli.run_command import ask, run
    from assistant.cli.sessions_command import sessions
    from assistant.cli.stats_command import stats
    from assistant.cli.train_command import train_draft
    from assistant.cli.undo_command import undo

    app.command()(fix)
    app.command()(run)
    app.command()(ask)
    app.command()(review)
    app.command()(undo)
    app.command()(demo)
    app.command()(bench)
    app.command()(cost)
    app.command()(stats)
    app.command()(pull)
    app.command("train-draft")(train_draft)
    app.command()(doctor)
    app.add_typer(models, name="models")
    app.add_typer(sessions, name="sessions")
    app.add_typer(config, name="config")


_register()


def main() -> None:
    """Entry point of the script `coder`."""
    when_told_to_end(leave)
    try:
        app()
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            sys.exit(read_no_more())
