"""`coder bench`: what speculation is worth on this machine, with this model."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import (
    ContextOption,
    FlashAttentionOption,
    JsonOption,
    KvTypeOption,
    ModelOption,
)
from assistant.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assistant.bench.tasks import Task
    from assistant.chat.local import LocalGenerator
    from assistant.cli.live import LiveLine

# Of `--quick`: a minute and a half or so on two cores with the embedded model, and under two in any case.
_QUICK_REQUESTS, _QUICK_TOKENS, _QUICK_ROUNDS, _QUICK_S = 3, 96, 2, 100.0


def bench(
    tasks: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Only these tasks.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often each request is asked.")] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="Under two minutes: few requests, short answers.")
    ] = False,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="JSON Lines of prompts, as a task more."),
    ] = None,
    suite: Annotated[
        str | None, typer.Option("--suite", help="What --data is: humaneval or mbpp, as published.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Prompts to take of a data file.")] = 8,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Compare to this earlier --json.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the tables there as well.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with charts there as well.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget", metavar="SECONDS", min=0.1, help="Replay turns that are cut off after this time."
        ),
    ] = None,
    simulate: Annotated[
        str | None,
        typer.Option("--simulate", help="With --budget: v4-flash or v4-pro, from DSpark's published gains."),
    ] = None,
    base_tps: Annotated[
        float | None, typer.Option("--base-tps", help="With --simulate: tokens/s without DSpark.")
    ] = None,
    turn_median: Annotated[
        float | None,
        typer.Option("--turn-median", help="With --simulate: tokens of a turn, not your history's."),
    ] = None,
    turn_p90: Annotated[
        float | None, typer.Option("--turn-p90", help="And those that 9 turns in 10 stay below.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="The reference profile: F32 KV, no flash attention.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the two answers token by token instead of timing them.")
    ] = False,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, max=5.0, help="With --verify: sample so; 0 is greedy.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="With --verify: of the sampling noise.")] = 0,
    as_json: JsonOption = False,
    model: ModelOption = None,
    draft: Annotated[
        list[str] | None,
        typer.Option(
            "--draft",
            metavar="FILE|off|all",
            help="Another draft's .gguf; several, or all that are here, are compared by accepted length.",
        ),
    ] = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Measure plain and speculative decoding side by side, task by task.

    Tasks: boilerplate, tests, refactoring, algorithm and free-form; by name also rewrite-70, rewrite-400,
    code and explanation. Interrupted, it shows what it has."""
    from rich.console import Console

    from assistant.bench.budget.replay import replay
    from assistant.bench.energy import metering
    from assistant.bench.measure import measure
    from assistant.bench.report import compare, document, read_document
    from assistant.cli import bench_budget, bench_drafts
    from assistant.cli.bench_output import show, write_reports
    from assistant.cli.engine import recorded
    from assistant.cli.live import LiveLine
    from assistant.cli.settings import loading, settings_for
    from assistant.cli.setup import load_generator

    if simulate:
        if budget is None:
            raise UsageError("--simulate needs the limit of a turn.", hint="For example: --budget 30")
        lengths = bench_budget.turn_lengths(turn_median, turn_p90, model)
        bench_budget.show(bench_budget.simulated(simulate, budget, base_tps, lengths), as_json=as_json)
        return
    chosen = _chosen(tasks or [], data or [], suite, limit)
    if quick:
        chosen, rounds = [task.shortened(_QUICK_REQUESTS, _QUICK_TOKENS) for task in chosen], _QUICK_ROUNDS
    earlier = read_document(against) if against else None
    settings = settings_for(
        Path(),
        may_ask=not as_json,
        model=model,
        draft=draft[0] if draft else None,
        context=context,
        kv_type=kv_type,
        flash_attention=flash_attention,
    )
    drafts = bench_drafts.draft_files(draft or [], settings.model)
    options = loading(settings)
    if drafts:
        options["draft"] = False
    console = Console(stderr=True, highlight=False)

    def tell(note: str) -> None:
        console.print(note, markup=False)

    with LiveLine(console) as line:
        generator = load_generator(
            settings.model,
            line.loading,
            exact=exact,
            tell=tell,
            **options,
        )
        listened = recorded(generator, "bench", tell) if settings.history else generator
        try:
            if drafts:
                comparison = bench_drafts.compared(
                    generator, drafts, chosen, line.loading, tell, _QUICK_S if quick else None
                )
                bench_drafts.show(comparison, generator.name, as_json=as_json)
            if verify:
                _verify(generator, chosen, line, temperature=temperature, seed=seed, as_json=as_json)
            if budget:
                replayed = replay(listened, chosen, budget, line.loading)
                bench_budget.show(replayed, as_json=as_json)
                raise typer.Exit(ExitCode.INTERRUPTED if replayed.stopped else ExitCode.DONE)
            with metering() as meter:
                measured = measure(
                    listened,
                    chosen,
                    rounds=rounds,
                    report=line.loading,
                    seconds=_QUICK_S if quick else None,
                    meter=meter,
                )
            found = document(
                measured,
                model=generator.name,
                file=generator.model.path.name,
                threads=generator.context.threads,
                rounds=rounds,
                cost_curve=generator.cost_curve,
                metered=meter.sources if meter else (),
            )
        finally:
            listened.close()
    changes = compare(found, earlier) if earlier else []
    write_reports(found, changes, markdown=markdown, html=html)
    if as_json:
        against_document = {"against": [change.as_dict() for change in changes]} if earlier else {}
        typer.echo(json.dumps({**found, **against_document}, indent=2))
    else:
        show(found, changes)
    if measured.stopped == "interrupted":
        raise typer.Exit(ExitCode.INTERRUPTED)


def _chosen(names: list[str], data: list[Path], suite: str | None, limit: int) -> "list[Task]":
    """The tasks called `names`, by default the five kinds of work and those of `data`. Raises UsageError."""
    from assistant.bench.suites import SUITES, suite_task, work_tasks
    from assistant.bench.tasks import builtin_tasks, tasks_from

    if suite and not data:
        raise UsageError("--suite says what --data is.", hint=f"coder bench --suite {suite} --data FILE")
    if suite:
        read = next((one for one in SUITES if one == suite), None)
        if read is None:
            raise UsageError(f"There is no suite {suite!r}.", hint=f"There are: {', '.join(SUITES)}.")
        given = [suite_task(read, path, limit) for path in data]
    else:
        given = [task for path in data for task in tasks_from(path, limit)]
    usual = [*(() if suite else work_tasks()), *given]
    known = {task.name: task for task in (*work_tasks(), *builtin_tasks(), *given)}
    for name in names:
        if name not in known:
            raise UsageError(f"There is no task {name!r}.", hint=f"Tasks: {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or usual


def _verify(
    generator: "LocalGenerator",
    tasks: "list[Task]",
    line: "LiveLine",
    *,
    temperature: float,
    seed: int,
    as_json: bool,
) -> None:
    """Compare the answers of both ways, and leave with what that says."""
    from assistant.bench.measure import options_of
    from assistant.bench.verify import Case, verify_exactness
    from assistant.cli.bench_output import show_exactness

    cases = [
        Case(
            f"{task.name} {number}",
            generator.prompt_ids(request.messages, options_of(request)),
            partial(generator.drafters, options_of(request)),
        )
        for task in tasks
        for number, request in enumerate(task.requests, 1)
    ]
    exactness = verify_exactness(
        generator.context,
        cases,
        generator.cost_curve,
        temperature=temperature,
        seed=seed,
        report=line.loading,
    )
    if as_json:
        typer.echo(json.dumps(exactness.as_dict(), indent=2))
    else:
        show_exactness(exactness)
    raise typer.Exit(ExitCode.DONE if exactness.explained else ExitCode.NOT_ACHIEVED)
