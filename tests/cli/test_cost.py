"""`coder cost` as a user runs it: given, asked for, left out and refused."""

import json
from typing import Any

import pytest

from assistant.bench.cost.report import UNCHANGED
from assistant.bench.history import History, history_file
from assistant.errors import ExitCode
from tests.bench.history.made import generation
from tests.cli.coder import coder

MACHINE = ["--hardware", "3652.5EUR", "--life", "2", "--hours", "5", "--power", "500"]
ELECTRICITY = ["--electricity", "0.4EUR"]
SPEEDS = ["--plain-tps", "50", "--speculative-tps", "100", "--prefill-tps", "1000"]
WORK = ["--tokens-in", "3600000", "--tokens-out", "180000", "--turns", "100"]
TURNS = ["--turn-limit", "60", "--turn-median", "500", "--turn-p90", "2000"]
ALL = [*MACHINE, *ELECTRICITY, *SPEEDS, *WORK, *TURNS, "--exchange", "USD=0.9"]


def document(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(coder("cost", "--json", *options).out)
    return found


def test_everything_given() -> None:
    ran = coder("cost", *ALL)
    assert ran.code == ExitCode.DONE and not ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "Left out" not in ran.out and "Speculation saves 30 min a day." in ran.out
    assert " ".join(ran.out.split()).count(UNCHANGED) == 1
    rows = {line.split("  ")[0]: line.split() for line in ran.out.splitlines()}
    assert rows["both, EUR a million answer tokens"][-2:] == ["6.67", "3.33"]
    found = document(*ALL)
    sonnet = next(each for each in found["api"] if each["name"] == "claude-sonnet-5-5")
    assert sonnet["a_day"] == pytest.approx(0.9 * (3.6 * 2 + 0.18 * 10))
    assert found["timeouts"]["speculative"]["share"] < found["timeouts"]["plain"]["share"]
    assert (found["left_out"], found["unchanged_by_speculation"]) == ([], UNCHANGED)


def test_nothing_given_is_nothing_made_up() -> None:
    found = document()
    assert found["inputs"] == {}
    assert all(value is None for value in found["cost_per_million"].values())
    assert all(each["a_day"] is None for each in found["api"])
    assert len(found["left_out"]) >= 4


def test_a_machine_that_is_there_anyway_has_no_currency() -> None:
    found = document("--hardware", "0", *MACHINE[2:], *SPEEDS, "--tokens-in", "0", "--tokens-out", "1000")
    assert (found["inputs"]["hardware"], found["currency"]) == (0.0, "USD")
    assert found["hardware_per_million"] == {"plain": 0.0, "speculative": 0.0}


def test_speeds_come_from_the_history() -> None:
    with History(history_file()) as history:
        history.add([generation(), generation(command="bench", speculate=False)])
    found = document(*MACHINE, *ELECTRICITY, "--speculative-tps", "30")
    assert (found["inputs"]["plain_tps"], found["inputs"]["speculative_tps"]) == (15.0, 30.0)
    assert found["measured"] == "your history: m, 1 answer"


def test_what_is_unknown_is_asked_for_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    ran = coder("cost", *SPEEDS, *WORK, *TURNS, answer="100 EUR\n2\n25\n5\n\n0.3EUR\n\n\n")
    assert "What the machine cost" in ran.err and "not believable" in ran.err
    assert "Power" in ran.err and "Tokens/s without" not in ran.err
    assert "needs --power." in ran.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--hardware", "-5EUR"], "negative"),
        (["--hardware", "5"], "In which currency"),
        (["--hardware", "5EUR", "--electricity", "0.3USD"], "not mixed"),
        (["--hardware", "5EUR", "--electricity", "0.3USD", "--currency", "EUR"], "in USD"),
        (["--power", "1e9"], "not believable"),
        (["--retries", "1"], "not believable"),
        (["--turn-median", "5"], "belong together"),
        (["--turn-median", "5", "--turn-p90", "4"], "must be above"),
        (["--api", "gpt-1"], "No price of 'gpt-1'"),
        (["--currency", "euros"], "no currency code"),
        (["--bench", "none.json"], "cannot be read"),
    ],
)
def test_refusals(options: list[str], said: str) -> None:
    ran = coder("cost", *options)
    assert (ran.code, said in ran.err, ran.out) == (ExitCode.USAGE, True, ""), ran.err


def test_currencies_are_not_mixed_with_those_of_apis() -> None:
    found = document(*MACHINE, *ELECTRICITY)
    assert found["api"] == [] and any("--exchange USD" in each for each in found["left_out"])


def test_the_price_table_can_be_copied() -> None:
    ran = coder("cost", "--prices")
    assert "[deepseek-v4-pro]" in ran.out and "prices.toml" in ran.err
