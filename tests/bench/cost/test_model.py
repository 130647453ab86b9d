"""The arithmetic of cost: known cases, units, and which way each figure moves."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bench.cost import model
from assistant.bench.cost.model import Workload
from assistant.bench.cost.prices import ApiPrice
from assistant.bench.cost.report import report
from assistant.bench.cost.timeouts import lognormal, simulate

PRICE = ApiPrice("api", "house", "EUR", 2.0, 10.0, date(2026, 11, 25), "https://example.org", 0.5)
LENGTHS = [100, 200, 300, 400, 1000]
KNOWN = {
    "plain_tps": 50.0,
    "speculative_tps": 100.0,
    "prefill_tps": 1000.0,
    "hardware": 3652.5,
    "life_years": 2.0,
    "hours_a_day": 5.0,
    "power_w": 500.0,
    "electricity": 0.4,
    "tokens_in": 3_600_000.0,
    "tokens_out": 180_000.0,
    "turns": 100.0,
    "turn_limit_s": 40.0,
}
positive = st.floats(1e-3, 1e6)
cents = st.integers(0, 1_000_000).map(lambda count: count / 100)
growth = st.floats(1.001, 100)


def test_a_case_worked_by_hand() -> None:
    """One an hour for the machine, 0.2 for energy; 50 tokens/s are 180,000 an hour."""
    found = report(KNOWN, currency="EUR", prices=[PRICE], lengths=LENGTHS)
    assert found.hardware_per_million.plain == pytest.approx(1 / 0.18)
    assert found.energy_per_million.plain == pytest.approx(0.2 / 0.18)
    assert found.cost_per_million.speculative == pytest.approx(1.2 / 0.36)
    assert (found.busy_hours_a_day.plain, found.busy_hours_a_day.speculative) == (2.0, 1.5)
    assert found.saved_hours_a_day == pytest.approx(0.5)
    (against,) = found.apis
    assert against.a_day == pytest.approx(3.6 * 2 + 0.18 * 10)
    assert against.days.plain == pytest.approx(3652.5 / (9 - 0.4))
    assert against.tokens.plain == pytest.approx(3652.5 / (9 - 0.4) * 3_780_000)
    # A prompt of 36,000 tokens takes 36 s: 4 s are left for 200 tokens, or for 400.
    assert (found.timeouts["plain"].share, found.timeouts["speculative"].share) == (0.6, 0.2)
    assert found.left_out == () and found.notes == ()


def test_what_is_cached_and_what_is_done_again() -> None:
    assert model.api_per_day(PRICE, Workload(1e6, 0)) == 2.0
    assert model.api_per_day(PRICE, Workload(1e6, 0, cached_share=0.5)) == 1.25
    assert model.api_per_day(PRICE, Workload(0, 1e6, retry_rate=0.5)) == 20.0
    assert Workload(100, 100, retry_rate=0.75).tokens == 800


@given(positive, positive, growth)
def test_quicker_is_cheaper_and_in_proportion(hourly: float, tps: float, factor: float) -> None:
    assert model.per_million(hourly, tps * factor) < model.per_million(hourly, tps)
    assert model.per_million(hourly, tps) * tps * 3600 / 1e6 == pytest.approx(hourly)
    assert model.per_million(hourly * factor, tps) == pytest.approx(factor * model.per_million(hourly, tps))


@given(st.sampled_from(["hardware", "electricity", "power_w"]), growth)
def test_what_costs_more_makes_tokens_dearer(name: str, factor: float) -> None:
    cheap, dear = (report(KNOWN | {name: KNOWN[name] * f}).cost_per_million.plain for f in (1, factor))
    assert cheap is not None and dear is not None and cheap < dear


@given(positive, cents, cents, growth)
def test_break_even_moves_with_prices(hardware: float, api: float, energy: float, factor: float) -> None:
    days = model.break_even_days(hardware, api, energy)
    assert days > 0
    assert (days == math.inf) == (api <= energy)
    assert model.break_even_days(hardware * factor, api, energy) >= days
    assert model.break_even_days(hardware, api * factor, energy) <= days
    assert model.break_even_days(hardware, api, energy * factor) >= days


@given(st.floats(1, 1e4), growth, st.floats(0.1, 1e3), st.floats(0, 10))
def test_speed_never_adds_timeouts(tps: float, factor: float, limit: float, prompt_s: float) -> None:
    slow, fast = (
        simulate(LENGTHS, tps=speed, limit_s=limit, turns=50, prompt_s=prompt_s)
        for speed in (tps, tps * factor)
    )
    assert fast.share <= slow.share and fast.a_day <= slow.a_day
    assert slow.low <= slow.a_day + 12 and 0 <= slow.low <= slow.high <= 50


def test_a_lognormal_has_the_quantiles_that_were_given() -> None:
    lengths = sorted(lognormal(400, 2000))
    assert lengths[50_000] == pytest.approx(400, rel=0.03)
    assert lengths[90_000] == pytest.approx(2000, rel=0.03)


@pytest.mark.parametrize("unknown", sorted(KNOWN))
def test_nothing_is_made_up_for_what_is_unknown(unknown: str) -> None:
    """Without one value, every other figure stays as it is or is left out, and that is said."""
    whole = report(KNOWN, currency="EUR", prices=[PRICE], lengths=LENGTHS)
    less = report(
        {name: value for name, value in KNOWN.items() if name != unknown},
        currency="EUR",
        prices=[PRICE],
        lengths=LENGTHS,
    )
    for name in ("energy_per_million", "hardware_per_million", "energy_a_day", "busy_hours_a_day"):
        for way in ("plain", "speculative"):
            assert getattr(getattr(less, name), way) in (getattr(getattr(whole, name), way), None)
    assert less.as_dict() != whole.as_dict()
    assert less.left_out or unknown == "prefill_tps"


def test_more_work_than_a_day_has_is_said() -> None:
    found = report(KNOWN | {"hours_a_day": 1.8})
    assert found.notes == ("Plain decoding needs 2.0 hours a day for this work, and has 1.8.",)
