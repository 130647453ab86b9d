"""The calculator in the app: from the history and what is written to what follows."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from assistant.bench.cost.prices import ApiPrice, load_prices, prices_file
from assistant.bench.cost.speeds import Measured
from assistant.bench.history import History, history_file
from assistant.tui.cost.calculation import LABELS, calculate
from assistant.tui.cost.screen import CostScreen
from assistant.tui.prompt import Prompt
from tests.bench.history.made import generation
from tests.scripted import ScriptedGenerator
from tests.tui.driving import SIZE, app_with, say, screen, until

SPEEDS = Measured(
    {"plain_tps": 20.0, "speculative_tps": 40.0, "prefill_tps": 400.0}, "your history: m, 2 answers"
)
WORK = {
    "tokens_in": "400000",
    "tokens_out": "60000",
    "hardware": "2400 EUR",
    "life_years": "4",
    "hours_a_day": "8",
    "power_w": "180",
    "electricity": "0.30 EUR",
    "exchange": "USD=0.92 CNY=0.13",
    "turns": "200",
    "turn_limit_s": "30",
}


@pytest.fixture
def prices() -> list[ApiPrice]:
    return load_prices(prices_file())


def test_what_is_written_overrides_what_was_measured(prices: list[ApiPrice]) -> None:
    for texts, speedup in (({}, 2.0), ({"plain_tps": "10 "}, 4.0)):
        report = calculate(texts, SPEEDS, prices).report
        assert report and report.speedup == speedup


@pytest.mark.parametrize(
    ("texts", "field", "said"),
    [
        ({"plain_tps": "-4"}, "plain_tps", "plain tok/s -4 tokens/s is negative"),
        ({"hours_a_day": "25"}, "hours_a_day", "not believable: at most 24"),
        ({"power_w": "many"}, "power_w", "'many' is no number"),
        ({"hardware": "1,5 EUR"}, "hardware", "can be read in two ways"),
        ({"hardware": "900"}, "", "In which currency?"),
        ({"hardware": "900 EUR", "electricity": "0.3 USD"}, "", "EUR and USD are not mixed"),
        ({"exchange": "USD"}, "", "is no exchange rate"),
        ({"turn_median": "100"}, "", "median turn, tokens and p90 turn, tokens belong together"),
    ],
)
def test_what_cannot_be_true_is_said_of_its_field(
    texts: dict[str, str], field: str, said: str, prices: list[ApiPrice]
) -> None:
    found = calculate(texts, SPEEDS, prices)
    assert (found.report, found.field) == (None, field)
    assert said in found.problem
    assert "--" not in found.problem


def test_currencies_are_mixed_at_a_rate_that_was_given(prices: list[ApiPrice]) -> None:
    texts = {"hardware": "900 EUR", "electricity": "0.3 USD", "currency": "eur", "exchange": "USD=0.5"}
    report = calculate(texts | {"power_w": "100"}, SPEEDS, prices).report
    assert report is not None
    assert report.currency == "EUR"
    assert report.energy_per_million.plain == pytest.approx(0.1 * 0.3 * 0.5 / 3600 / 20 * 1e6)
    assert {each.price.currency for each in report.apis} == {"USD"}


async def test_the_panel_reads_the_history_and_calculates_while_one_writes(tmp_path: Path) -> None:
    with History(history_file()) as history:
        history.add([generation(), generation(speculate=False)])
    async with app_with(ScriptedGenerator(), tmp_path).run_test(size=SIZE) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "your history" in report(pilot))
        assert "an API would bill the same" in report(pilot)
        assert "measured" in field(pilot, "plain_tps").placeholder
        field(pilot, "plain_tps").focus()
        await pilot.press(*"1x", "backspace", "0")
        assert field(pilot, "plain_tps").value == "10"
        field(pilot, "speculative_tps").value = "25"
        await until(pilot, lambda: "2.50x" in report(pilot))
        field(pilot, "hours_a_day").value = "30"
        await until(pilot, lambda: "not believable" in report(pilot))
        assert pilot.app.screen.query_one("#field-hours_a_day").has_class("wrong")
        field(pilot, "hours_a_day").value = ""
        await pilot.press("pagedown")
        await until(pilot, lambda: pilot.app.screen.query_one("#result").scroll_y > 0)
        await pilot.press("escape")
        await until(pilot, lambda: screen(pilot) is not CostScreen)


async def test_a_history_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    history_file().mkdir(parents=True)
    async with app_with(ScriptedGenerator(), tmp_path).run_test(size=SIZE) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "history" in report(pilot))
        assert [str(each.id) for each in pilot.app.screen.query(Input)] == list(LABELS)


async def opened(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.query(Prompt))
    await say(pilot, "/cost")
    await until(pilot, lambda: screen(pilot) is CostScreen)


def report(pilot: Pilot[None]) -> str:
    return "".join(str(each.render()) for each in pilot.app.screen.query("#report").results(Static))


def field(pilot: Pilot[None], name: str) -> Input:
    return pilot.app.screen.query_one(f"#{name}", Input)
