"""`coder bench`: what speculation is worth on this machine, with this model."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import ContextOption, FlashAttentionOption, JsonOption, KvTypeOption, ModelOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.bench.measure import TaskResult
    from assistant.bench.verify import Exactness


def bench(
    tasks: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Only these tasks.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often each request is asked.")] = 3,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="JSON Lines of prompts, as a task more."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Prompts to take of a data file.")] = 8,
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
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Measure plain and speculative decoding side by side, task by task."""
    from rich.console import Console

    from assistant.bench.measure import measure, options_of
    from assistant.bench.tasks import builtin_tasks, tasks_from
    from assistant.bench.verify import Case, verify_exactness
    from assistant.cli.live import LiveLine
    from assistant.cli.settings import loading, settings_for
    from assistant.cli.setup import load_generator
    from assistant.errors import ExitCode, UsageError

    known = builtin_tasks() + [task for path in data or () for task in tasks_from(path, limit)]
    unknown = set(tasks or ()) - {task.name for task in known}
    if unknown:
        raise UsageError(
            f"There is no task {min(unknown)!r}.", hint=f"Tasks: {', '.join(task.name for task in known)}."
        )
    chosen = [task for task in known if not tasks or task.name in tasks]
    settings = settings_for(
        Path(),
        may_ask=not as_json,
        model=model,
        context=context,
        kv_type=kv_type,
        flash_attention=flash_attention,
    )
    console = Console(stderr=True, highlight=False)
    with LiveLine(console) as line:
        generator = load_generator(
            settings.model,
            line.loading,
            exact=exact,
            tell=lambda note: console.print(note, markup=False),
            **loading(settings),
        )
        try:
            if verify:
                cases = [
                    Case(
                        f"{task.name} {number}",
                        generator.prompt_ids(request.messages, options_of(request)),
                        partial(generator.drafters, options_of(request)),
                    )
                    for task in chosen
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
                _print_exactness(exactness, as_json)
                raise typer.Exit(ExitCode.DONE if exactness.explained else ExitCode.NOT_ACHIEVED)
            results = measure(generator, chosen, rounds=rounds, report=line.loading)
            described = {
                "model": generator.name,
                "file": generator.model.path.name,
                "threads": generator.context.threads,
                "rounds": rounds,
                "cost_curve": generator.cost_curve,
                "tasks": [result.as_dict() for result in results],
            }
        finally:
            generator.close()
    if as_json:
        typer.echo(json.dumps(described, indent=2))
    else:
        _print_table(results)


def _print_exactness(exactness: "Exactness", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(exactness.as_dict(), indent=2))
        return
    same = sum(comparison.divergence is None for comparison in exactness.comparisons)
    typer.echo(f"{same} of {len(exactness.comparisons)} answers are identical, plain and speculative.")
    for comparison in exactness.comparisons:
        if found := comparison.divergence:
            typer.echo(
                f"{comparison.name}: token {found.position} is {found.speculative_text!r} instead of "
                f"{found.plain_text!r}, preferred by {found.margin:.4f}"
            )
    typer.echo(f"Logits of the same tokens differ by at most {exactness.noise:.2g} in this profile.")
    if not exactness.explained:
        typer.echo("That does not explain every divergence: please report it.", err=True)


def _print_table(results: "Sequence[TaskResult]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("task", "plain", "speculative", "speedup", "accepted", "τ", "same text", "accepted/drafted"):
        table.add_column(
            name, justify="left" if name in ("task", "accepted/drafted") else "right", no_wrap=True
        )
    for result in results:
        stats, (low, high) = result.speculative, result.spread
        table.add_row(
            result.task.name,
            f"{result.as_dict()['plain_tps']:.1f}",
            f"{result.as_dict()['speculative_tps']:.1f}",
            f"{result.speedup:.2f}x ({low:.2f}–{high:.2f})",
            f"{stats.acceptance_rate:.0%}",
            f"{stats.mean_accepted_length:.2f}",
            f"{result.identical}/{len(result.task.requests)}",
            ", ".join(f"{name} {count.accepted}/{count.drafted}" for name, count in stats.by_drafter.items()),
        )
    out = Console(highlight=False)
    out.print(table)
    out.print("Speeds in tokens/s, speedup as median (and its middle half).")
