"""`coder cost`: what the speed is worth in money and time."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption

Number = float | None
Text = str | None


def cost(
    ctx: typer.Context,
    plain_tps: Annotated[Number, typer.Option("--plain-tps", help="Tokens/s without speculation.")] = None,
    speculative_tps: Annotated[Number, typer.Option("--speculative-tps", help="And with it.")] = None,
    prefill_tps: Annotated[Number, typer.Option("--prefill-tps", help="Prompt tokens/s.")] = None,
    bench: Annotated[
        Path | None,
        typer.Option("--bench", metavar="FILE", help="Speeds from coder bench --json, not your history."),
    ] = None,
    task: Annotated[Text, typer.Option("--task", help="With --bench: of this task alone.")] = None,
    model: Annotated[
        Text, typer.Option("--model", metavar="NAME", help="Whose history; else of the model used most.")
    ] = None,
    hardware: Annotated[
        Text, typer.Option("--hardware", metavar="PRICE", help="Of the machine, such as 2400EUR.")
    ] = None,
    life_years: Annotated[
        Number, typer.Option("--life", metavar="YEARS", help="How long it will be used.")
    ] = None,
    hours_a_day: Annotated[Number, typer.Option("--hours", help="Hours a day that it answers.")] = None,
    power_w: Annotated[Number, typer.Option("--power", metavar="WATTS", help="While it answers.")] = None,
    electricity: Annotated[
        Text, typer.Option("--electricity", metavar="PRICE", help="Of a kWh, such as 0.30EUR.")
    ] = None,
    tokens_in: Annotated[Number, typer.Option("--tokens-in", help="Prompt tokens a day.")] = None,
    tokens_out: Annotated[Number, typer.Option("--tokens-out", help="Answer tokens a day.")] = None,
    cached_share: Annotated[
        Number, typer.Option("--cached", metavar="SHARE", help="Of prompt tokens that an API still knows.")
    ] = None,
    turns: Annotated[Number, typer.Option("--turns", help="Agent turns a day.")] = None,
    retry_rate: Annotated[
        Number, typer.Option("--retries", metavar="SHARE", help="Of turns that are done again.")
    ] = None,
    turn_limit_s: Annotated[
        Number, typer.Option("--turn-limit", metavar="SECONDS", help="Of a turn.")
    ] = None,
    turn_median: Annotated[
        Number, typer.Option("--turn-median", metavar="TOKENS", help="Of a turn, instead of your history's.")
    ] = None,
    turn_p90: Annotated[
        Number, typer.Option("--turn-p90", metavar="TOKENS", help="That 9 in 10 turns stay below.")
    ] = None,
    currency: Annotated[
        Text, typer.Option("--currency", metavar="CODE", help="Of the result, such as EUR.")
    ] = None,
    exchange: Annotated[
        list[str] | None,
        typer.Option("--exchange", metavar="CODE=RATE", help="USD=0.92: a USD is 0.92 of --currency."),
    ] = None,
    api: Annotated[
        list[str] | None, typer.Option("--api", metavar="NAME", help="Only these of the price table.")
    ] = None,
    show_prices: Annotated[
        bool, typer.Option("--prices", help="Print the table of API prices, to edit a copy.")
    ] = False,
    no_ask: Annotated[bool, typer.Option("--no-ask", help="Leave out what is not given.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What the speed is worth: per million tokens, against APIs, in hours and in timeouts.

    What is not given is asked for on a terminal; what stays unknown is left out, and never guessed."""
    from assistant.bench.cost import inputs
    from assistant.bench.cost.money import parse_rates
    from assistant.bench.cost.prices import load_prices, named, prices_file, shipped_prices
    from assistant.bench.cost.quantities import QUANTITIES
    from assistant.bench.cost.report import report
    from assistant.cli import cost_inputs
    from assistant.cli.cost_report import show

    if show_prices:
        typer.echo(shipped_prices(), nl=False)
        typer.echo(f"Lines of your own: {prices_file()}", err=True)
        return
    prices = named(load_prices(prices_file()), api or [])
    rates = parse_rates(exchange or [])
    given = {name: ctx.params[name] for name in QUANTITIES if ctx.params[name] is not None}
    values, amounts = inputs.parsed(given)
    measured = cost_inputs.measured(bench, task, model)
    if not (no_ask or as_json) and sys.stdin.isatty():
        cost_inputs.ask(values, amounts, measured)
    chosen = inputs.currency_of(amounts, currency)
    known = measured.values | values | inputs.in_currency(amounts, chosen, rates)
    result = report(
        known,
        currency=chosen or inputs.only_currency(prices),
        prices=prices,
        rates=rates,
        lengths=inputs.lengths(known, measured),
    )
    if as_json:
        document = {"inputs": known, "measured": measured.origin or None, **result.as_dict()}
        typer.echo(json.dumps(document, indent=2))
    else:
        show(result, measured.origin)
