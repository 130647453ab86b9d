"""`coder run` and `coder ask`: one task, or one question, through the agent's loop."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import (
    BudgetOption,
    ContextOption,
    DraftOption,
    EngineOption,
    FlashAttentionOption,
    JsonOption,
    KvTypeOption,
    ModelOption,
    ModelOptions,
    ResumeOption,
    TestOption,
    TestTimeoutOption,
)
from assistant.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from assistant.agent.mcp import McpServer
    from assistant.config import Settings

_MOST_STDIN_CHARS = 200_000
TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="What is wanted. What is piped in goes with it.")
]
StepsOption = Annotated[int, typer.Option("--steps", min=1, max=1000, help="How many steps at most.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Chooses the wording where the model is stuck.")]


def run(
    text: TextArgument = None,
    test: TestOption = None,
    mode: Annotated[
        str | None,
        typer.Option("--mode", help="What is asked first: ask, auto-edit, full, read-only or plan."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: the same as --mode full.")] = False,
    test_timeout: TestTimeoutOption = None,
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
    draft: DraftOption = None,
    engine: EngineOption = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Let the agent work on a task in this repository: it reads, edits, runs and checks, and asks first."""
    from assistant.agent.check import Check
    from assistant.agent.loop import AgentOptions
    from assistant.cli.agent_run import AgentRun
    from assistant.cli.engine import remote_for
    from assistant.cli.settings import settings_for

    local = ModelOptions(
        model=model, draft=draft, context=context, kv_type=kv_type, flash_attention=flash_attention
    )
    settings = settings_for(
        Path(),
        may_ask=not as_json,
        mode="full" if yes else mode,
        test=test,
        test_timeout=test_timeout,
        budget=budget,
        **local,
    )
    task = _task(text, resume)
    if settings.mode == "ask" and (as_json or not sys.stdin.isatty()):
        raise RefusedError(
            "Nobody can be asked for consent here.",
            hint="Add --yes, or --mode auto-edit (no commands) or read-only.",
        )
    check = Check(settings.test, settings.test_timeout) if settings.test else None
    options = AgentOptions(steps, settings.budget, check, seed)
    remote = remote_for(engine, settings, **local)
    work = AgentRun(
        settings.mode,
        options,
        as_json=as_json,
        check_timeout_s=settings.test_timeout,
        servers=servers_for(settings, mcp),
    )
    raise typer.Exit(work.run(task, settings, resume, remote))


def ask(
    text: TextArgument = None,
    budget: BudgetOption = None,
    steps: StepsOption = 20,
    resume: ResumeOption = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    model: ModelOption = None,
    draft: DraftOption = None,
    engine: EngineOption = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Answer a question about this repository. Nothing is written or run."""
    from assistant.agent.loop import AgentOptions
    from assistant.cli.agent_run import AgentRun
    from assistant.cli.engine import remote_for
    from assistant.cli.settings import settings_for

    local = ModelOptions(
        model=model, draft=draft, context=context, kv_type=kv_type, flash_attention=flash_attention
    )
    settings = settings_for(Path(), may_ask=not as_json, budget=budget, **local)
    task = _task(text, resume)
    options = AgentOptions(steps, settings.budget, seed=seed)
    remote = remote_for(engine, settings, **local)
    raise typer.Exit(AgentRun("read-only", options, as_json=as_json).run(task, settings, resume, remote))


def servers_for(settings: "Settings", file: Path | None) -> "list[McpServer]":
    """Those of the settings and of `file`, which counts where both name one."""
    from assistant.agent.mcp import read_servers, servers_of

    tables = {name: server.model_dump(exclude_none=True) for name, server in settings.mcp.items()}
    found = servers_of({"mcp": tables}, "the settings") if tables else []
    found += read_servers(file) if file else []
    return list({server.name: server for server in found}.values())


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
