"""Prices, amounts and measured speeds: what is read, and what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.bench.cost.money import Money, converted, parse_money, parse_rates
from assistant.bench.cost.prices import load_prices, prices_file
from assistant.bench.cost.quantities import QUANTITIES, checked
from assistant.bench.cost.speeds import from_bench, from_history
from assistant.bench.history import History, history_file
from assistant.errors import UsageError
from tests.bench.history.made import generation

LINE = '[{}]\nprovider = "x"\ncurrency = "EUR"\ninput = 1\noutput = {}\nseen = 2026-01-02\nsource = "mine"\n'


def test_every_shipped_price_has_its_date_and_source() -> None:
    prices = load_prices(prices_file())
    assert len(prices) >= 8
    for price in prices:
        assert price.source.startswith("https://")
        assert price.seen >= date(2026, 1, 1)
        assert 0 < price.input < price.output
        assert price.cached_input is None or price.cached_input < price.input


def test_own_prices_replace_and_add(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(LINE.format("claude-sonnet-5-5", 7) + LINE.format("mine", 8))
    found = {price.name: price for price in load_prices(own)}
    assert (found["claude-sonnet-5-5"].output, found["mine"].currency) == (7, "EUR")
    assert "deepseek-v4-pro" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a\n", "no TOML"),
        ("a = " + "1" * 5000, "no TOML"),
        (LINE.format("a", -1), "a.output"),
        (LINE.format("a", "inf"), "a.output"),
        (LINE.format("a", 1).replace("EUR", "euros"), "a.currency"),
        (LINE.format("a", 1).replace("source", "sauce"), "a.source"),
    ],
)
def test_a_mistake_in_own_prices_is_named(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(UsageError, match=said):
        load_prices(own)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("2400", Money(2400)),
        ("2400.50 eur", Money(2400.5, "EUR")),
        ("USD 0.3", Money(0.3, "USD")),
        ("€12", Money(12, "EUR")),
        ("-3 EUR", Money(-3, "EUR")),
    ],
)
def test_amounts(text: str, money: Money) -> None:
    assert parse_money(text, "--x") == money


@pytest.mark.parametrize("text", ["", "cheap", "2,400", "EUR 3 USD", "$5", "1.2.3", "nan"])
def test_no_amount(text: str) -> None:
    with pytest.raises(UsageError, match="--x"):
        parse_money(text, "--x")


def test_currencies_change_by_a_given_rate_alone() -> None:
    rates = parse_rates(["usd=0.9"])
    assert converted(Money(10, "USD"), "EUR", rates) == 9
    assert converted(Money(10, "EUR"), "EUR", rates) == 10
    assert converted(Money(10, "GBP"), "EUR", rates) is None
    for wrong in ("USD", "USD=0", "USD=-1", "USD=nan", "dollars=2"):
        with pytest.raises(UsageError, match="exchange"):
            parse_rates([wrong])


@pytest.mark.parametrize("name", QUANTITIES)
def test_what_cannot_be_true_is_refused(name: str) -> None:
    quantity = QUANTITIES[name]
    assert checked(name, quantity.high) == quantity.high
    for value in (-1.0, quantity.high * 1.01, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=quantity.option):
            checked(name, value)
    if quantity.above_zero:
        with pytest.raises(UsageError, match="more than 0"):
            checked(name, 0.0)


def test_speeds_of_a_bench_document(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    tasks = [
        {"task": "a", "plain_tps": 30, "speculative_tps": 60, "prefill_tps": 500},
        {"task": "b", "plain_tps": 60, "speculative_tps": 60, "prefill_tps": 0},
    ]
    path.write_text(json.dumps({"model": "m", "tasks": tasks, "power_w": 80}))
    found = from_bench(path)
    assert found.values == pytest.approx(
        {"plain_tps": 40, "speculative_tps": 60, "prefill_tps": 500, "power_w": 80}
    )
    assert from_bench(path, "a").values["plain_tps"] == 30
    with pytest.raises(UsageError, match="no task 'c'"):
        from_bench(path, "c")
    for text in ("", "[]", '{"tasks": [1], "model": "m"}'):
        path.write_text(text)
        with pytest.raises(UsageError, match="no document"):
            from_bench(path)


def test_speeds_of_the_history() -> None:
    with History(history_file()) as history:
        assert from_history(history).values == {}
        history.add([generation(), generation(model="rare", command="bench")])
        assert from_history(history).values == {"speculative_tps": 15.0, "prefill_tps": 120.0}
        history.add([generation(command="bench", speculate=False)])
        found = from_history(history)
    assert found.values["plain_tps"] == 15.0
    assert list(found.lengths) == [30] and found.origin == "your history: m, 1 answer"
