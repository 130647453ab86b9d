"""`coder run` and `coder ask`: one task, or one question, through the agent's loop."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import ContextOption, JsonOption, ModelOption
from assistant.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.agent.mcp import McpServer
    from assistant.agent.permissions import Mode

_MOST_STDIN_CHARS = 200_000
TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="What is wanted. What is piped in goes with it.")
]
BudgetOption = Annotated[
    float | None, typer.Option("--budget", metavar="SECONDS", min=0.1, help="Stop after this time.")
]
StepsOption = Annotated[int, typer.Option("--steps", min=1, max=1000, help="How many steps at most.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Chooses the wording where the model is stuck.")]
ResumeOption = Annotated[
    str | None, typer.Option("--resume", metavar="ID", help="Go on with a session: its id, or `last`.")
]


def run(
    text: TextArgument = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="CMD", help="A command that must pass in the end.")
    ] = None,
    mode: Annotated[
        str, typer.Option("--mode", help="What is asked first: ask, auto-edit, full or read-only.")
    ] = "ask",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: the same as --mode full.")] = False,
    test_timeout: Annotated[
        float, typer.Option("--test-timeout", metavar="SECONDS", min=0.1, help="When a test run is stopped.")
    ] = 120.0,
    budget: BudgetOption = None,
    steps: StepsOption = 40,
    resume: ResumeOption = None,
    seed: SeedOption = 0,
    mcp: Annotated[
        Path | None,
        typer.Option("--mcp", metavar="FILE", help="MCP servers that add tools: a TOML file."),
    ] = None,
    as_json: JsonOption = False,
    model: ModelOption = None,
    context: ContextOption = None,
) -> None:
    """Let the agent work on a task in this repository: it reads, edits, runs and checks, and asks first."""
    from assistant.agent.loop import AgentOptions
    from assistant.cli.agent_run import AgentRun

    chosen = _mode("full" if yes else mode)
    task = _task(text, resume)
    if chosen == "ask" and (as_json or not sys.stdin.isatty()):
        raise RefusedError(
            "Nobody can be asked for consent here.",
            hint="Add --yes, or --mode auto-edit (no commands) or read-only.",
        )
    options = AgentOptions(steps, budget, test, test_timeout, seed)
    servers = _servers(mcp) if mcp else ()
    raise typer.Exit(
        AgentRun(chosen, options, as_json=as_json, servers=servers).run(task, model, context, resume)
    )


def ask(
    text: TextArgument = None,
    budget: BudgetOption = None,
    steps: StepsOption = 20,
    resume: ResumeOption = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    model: ModelOption = None,
    context: ContextOption = None,
) -> None:
    """Answer a question about this repository. Nothing is written or run."""
    from assistant.agent.loop import AgentOptions
    from assistant.cli.agent_run import AgentRun

    task = _task(text, resume)
    options = AgentOptions(steps, budget, seed=seed)
    raise typer.Exit(AgentRun("read-only", options, as_json=as_json).run(task, model, context, resume))


def _servers(file: Path) -> "Sequence[McpServer]":
    from assistant.agent.mcp import read_servers

    return read_servers(file)


def _mode(name: str) -> "Mode":
    from assistant.agent.permissions import MODES

    for mode in MODES:
        if mode == name:
            return mode
    raise UsageError(f"There is no mode {name!r}.", hint=f"There are: {', '.join(MODES)}.")


def _task(text: str | None, resume: str | None) -> str:
    """The words on the command line, and what is piped in behind them. Raises UsageError for neither."""
    piped = "" if sys.stdin.isatty() else sys.stdin.read(_MOST_STDIN_CHARS + 1).strip()
    if len(piped) > _MOST_STDIN_CHARS:
        raise UsageError(
            f"More than {_MOST_STDIN_CHARS:,} characters were piped in.", hint="Give a part of it."
        )
    task = "\n\n".join(filter(None, ("" if text in (None, "-") else text, piped))).strip()
    if not task and not resume:
        raise UsageError("Nothing says what to do.", hint='For example: coder ask "Where are files written?"')
    return task or "Go on."
