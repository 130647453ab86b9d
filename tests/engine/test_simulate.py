"""The simulator's oracles bound what a scheduler can reach, and the scheduler comes near them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.simulation.oracle import clairvoyant, informed
from assistant.engine.simulation.simulate import compare, fixed, plain, scheduled
from assistant.engine.simulation.synthetic import DSPARK_CHAT, DSPARK_CODE, DSPARK_MATH, blocks, runs
from assistant.engine.simulation.trace import Run, Trace, calibrated, record

Oracle = Callable[[Sequence[float], Sequence[Trace]], Run]

CPU = [0.0, *np.interp(range(1, 33), (1, 2, 4, 8, 16, 32), (1.0, 1.65, 2.33, 3.45, 5.53, 10.2))]
GPU = [0.0, *(max(1 + 0.01 * n, n / 8) for n in range(33))]
PRICE = 0.15


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[float], list[Trace]]:
    """Any costs that do not fall, and one to three drafters of any quality and price."""
    costs = draw(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=12))
    passes = [0.0, *np.cumsum([1.0, *costs])]
    length = draw(st.integers(1, 40))
    return passes, [_any_trace(draw, f"drafter {i}", length) for i in range(draw(st.integers(1, 3)))]


def _any_trace(draw: st.DrawFn, name: str, length: int) -> Trace:
    shown = draw(st.lists(st.integers(0, 6), min_size=length, max_size=length))
    right = [draw(st.integers(0, min(n, length - place))) for place, n in enumerate(shown)]
    return Trace(
        name,
        [tuple(range(n)) for n in shown],
        right,
        seconds_per_proposal=draw(st.sampled_from([0.0, 0.01, 0.3])),
        seconds_per_token=draw(st.sampled_from([0.0, 0.2])),
        continues=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(texts())
def test_nothing_is_quicker_than_knowing_the_future(text: tuple[list[float], list[Trace]]) -> None:
    passes, traces = text
    result = compare(passes, list(map(calibrated, traces)), lengths=(1, 2, 4))
    assert result.informed
    ways = result.plain, result.fixed, result.scheduled, result.informed, result.clairvoyant
    assert {way.tokens for way in ways} == {len(traces[0].right)}
    assert all(way.seconds >= result.clairvoyant.seconds - 1e-9 for way in ways)


@pytest.mark.parametrize("oracle", [clairvoyant, informed])
@pytest.mark.parametrize(
    ("right", "price", "costs", "seconds"),
    [
        ((0, 0, 0, 0), 0.0, (1, 1, 1, 1), 4.0),  # nothing to draft
        ((3, 2, 1, 0), 0.0, (1, 1, 1, 1), 1.0),  # three tokens and the bonus token
        ((3, 2, 1, 0), 0.0, (1, 1, 1), 2.0),  # no more than two fit
        ((3, 2, 1, 0), 2.5, (1, 1, 1, 1), 3.5),  # the proposal pays
        ((3, 2, 1, 0), 3.5, (1, 1, 1, 1), 4.0),  # it does not
        ((3, 2, 1, 0), 0.0, (1, 1.2, 2.5, 3.5), 2.4),  # two short drafts are the good spots
    ],
)
def test_the_best_way_through_a_text_that_is_certain(
    oracle: Oracle, right: Sequence[int], price: float, costs: Sequence[float], seconds: float
) -> None:
    certain = [(1.0,) * n for n in right]
    trace = Trace("any", [(1,) * n for n in right], right, certain, seconds_per_proposal=price)
    assert oracle([0.0, *costs], [trace]).seconds == pytest.approx(seconds)


def test_oracles_let_a_second_drafter_go_on_behind_the_first() -> None:
    first, second = (
        Trace(name, [(1,) * n for n in right], right, [(1.0,) * n for n in right])
        for name, right in (("first", (2, 0, 0, 0, 0)), ("second", (0, 0, 2, 0, 0)))
    )
    for oracle in (clairvoyant, informed):
        assert oracle([0.0, *[1.0] * 6], [first, second]).passes == 1
        assert oracle([0.0, *[1.0] * 6], [first, replace(second, continues=False)]).passes > 1


@pytest.mark.parametrize(
    ("chances", "published"), [(DSPARK_MATH, 5.57), (DSPARK_CODE, 5.12), (DSPARK_CHAT, 3.49)]
)
def test_made_up_blocks_are_accepted_as_published(chances: Sequence[float], published: float) -> None:
    """Mean accepted lengths of DSpark for Qwen3-4B, Table 1 of arXiv 2607.05147."""
    run = fixed(GPU, blocks(np.random.default_rng(0), 20_000, chances), len(chances))
    assert run.tokens / run.passes == pytest.approx(published, rel=0.05)


def _edits() -> list[Trace]:
    return [runs(np.random.default_rng(1), 1200, run=40, break_tokens=6)]


def _blocks(price: float = PRICE) -> list[Trace]:
    return [blocks(np.random.default_rng(2), 1200, DSPARK_CODE, seconds_per_proposal=price)]


def _weak() -> list[Trace]:
    return [runs(np.random.default_rng(3), 1200, run=3, break_tokens=30, found=0.3)]


@pytest.mark.parametrize("passes", [CPU, GPU], ids=["cpu", "gpu"])
@pytest.mark.parametrize(
    "traces", [_edits(), _blocks(), _weak(), [*_edits(), *_blocks()]], ids=["edit", "block", "weak", "both"]
)
def test_the_scheduler_is_near_the_informed_oracle(passes: Sequence[float], traces: Sequence[Trace]) -> None:
    assert scheduled(passes, traces).rate >= 0.92 * informed(passes, traces).rate


@pytest.mark.parametrize("passes", [CPU, GPU], ids=["cpu", "gpu"])
def test_a_paid_block_brings_what_a_free_one_does_less_its_price(passes: Sequence[float]) -> None:
    dearer = [seconds + PRICE for seconds in passes]
    assert scheduled(passes, _blocks()).rate >= 0.97 * scheduled(dearer, _blocks(price=0.0)).rate


def test_a_recorded_drafter_is_right_as_far_as_the_text_repeats() -> None:
    trace = record(LookupDrafter(), [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 9, 9])
    assert trace.right[:4] == [0, 3, 2, 1]
    assert len(trace.evidence) == 6


def test_chances_in_hindsight_are_shares_of_what_could_have_been_right() -> None:
    trace = Trace("any", [(0, 1), (0, 1), (0, 1), (0,)], [2, 1, 0, 1])
    assert calibrated(trace).chance[0] == [0.75, 0.5]


def test_plain_is_one_token_a_pass() -> None:
    assert plain(CPU, 7).passes == 7 and plain(CPU, 7).rate == 1.0
