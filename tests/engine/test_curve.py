"""The cost curve: what is stored is found again by its owner only, and what is seen corrects it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import curve as curve_module
from assistant.engine import measured as measured_module
from assistant.engine.curve import CostCurve, LiveCurve, Measurement, curve_for, measure
from assistant.engine.llama import Context, ContextOptions, Model
from tests.engine.tiny_gguf import write_tiny
from tests.no_room import files_of_at_most

OPTIONS = ContextOptions(n_ctx=512, threads=1)
CURVE = CostCurve((1, 2, 4, 8), (1.0, 1.4, 2.0, 3.0), context=256, attention=(0.001, 0.0005))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with Model(write_tiny(tmp_path_factory.mktemp("tiny") / "m.gguf")) as model:
        yield model


@pytest.fixture
def context(model: Model) -> Iterator[Context]:
    with Context(model, OPTIONS) as context:
        yield context


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests run beside these: that counts as no disturbance here."""
    monkeypatch.setattr(measured_module, "_RAN", 0.0)


@pytest.mark.parametrize(
    ("tokens", "behind", "seconds"),
    [
        (1, None, 1.0),
        (3, None, 1.7),
        (6, None, 2.5),
        (1, 1256, 2.0),
        (3, 1256, 1.7 + 1.0 + 2 * 0.5),
        (1, 0, 0.744),
    ],
)
def test_a_pass_between_measured_sizes_and_contexts(tokens: int, behind: int | None, seconds: float) -> None:
    assert CURVE(tokens, behind) == pytest.approx(seconds)
    assert CURVE.table(behind)[tokens] == pytest.approx(seconds)


def test_what_was_measured_is_kept_and_leaves_the_context_empty(context: Context, tmp_path: Path) -> None:
    measured, origin = curve_for(context, tmp_path)
    assert origin == "first use"
    assert measured.sizes[0] == 1 and list(measured.seconds) == sorted(measured.seconds)
    assert context.tokens == []
    assert curve_for(context, tmp_path) == (measured, "stored")


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[1, 2]",
        '{"machine": "x"',
        {"sizes": [1, 2, 3]},
        {"sizes": [2, 4, 8, 16]},
        {"sizes": [1, 4, 2, 8]},
        {"seconds": [1.0, 1.4, -2.0, 3.0]},
        {"seconds": [1.0, 1.4, float("nan"), 3.0]},
        {"seconds": None},
        {"attention": [0.1]},
        {"attention": [float("inf"), 0.0]},
    ],
    ids=repr,
)
def test_a_damaged_file_is_measured_again(
    damage: str | dict[str, object], context: Context, tmp_path: Path
) -> None:
    measured, path = _stored(context, tmp_path)
    if isinstance(damage, dict):
        sound = {"sizes": CURVE.sizes, "seconds": CURVE.seconds}
        damage = json.dumps(json.loads(path.read_text()) | sound | damage)
    path.write_text(damage)
    curve, origin = curve_for(context, tmp_path)
    assert origin == "damaged"
    assert curve.sizes == measured.sizes
    assert curve_for(context, tmp_path) == (curve, "stored")


def test_a_curve_that_finds_no_room_leaves_nothing(context: Context, tmp_path: Path) -> None:
    with files_of_at_most(16):
        measured, _ = curve_for(context, tmp_path)
    assert measured.sizes[0] == 1
    assert list(tmp_path.iterdir()) == []


def test_a_curve_of_another_machine_is_not_used(context: Context, tmp_path: Path) -> None:
    _, path = _stored(context, tmp_path)
    theirs = json.loads(path.read_text()) | {"machine": "another", "seconds": [9.0] * len(CURVE.sizes)}
    path.write_text(json.dumps(theirs | {"sizes": CURVE.sizes}))
    curve, origin = curve_for(context, tmp_path)
    assert origin == "another machine"
    assert curve.seconds[0] < 9.0


@pytest.mark.parametrize(
    ("options", "same"),
    [
        (replace(OPTIONS, n_ctx=300), True),
        (replace(OPTIONS, kv_type="F32"), False),
        (replace(OPTIONS, flash_attention="off"), False),
        (replace(OPTIONS, threads=2), False),
        (replace(OPTIONS, exact=True), False),
    ],
)
def test_each_profile_has_a_curve_of_its_own(
    options: ContextOptions, same: bool, model: Model, context: Context, tmp_path: Path
) -> None:
    _stored(context, tmp_path)
    with Context(model, options) as other:
        assert (curve_for(other, tmp_path)[1] == "stored") == same


def test_a_file_in_the_place_of_the_folder_costs_only_the_measurement(
    context: Context, tmp_path: Path
) -> None:
    (tmp_path / "curves").write_text("")
    for _ in range(2):
        curve, origin = curve_for(context, tmp_path / "curves")
        assert origin == "first use" and curve.sizes[0] == 1


def test_what_a_busy_machine_shows_is_not_kept_and_forbids_no_drafting(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Measurement(CostCurve((1, 4, 8), (0.1, 1.2, 1.5)), disturbed=True)
    monkeypatch.setattr(curve_module, "measure", lambda context: busy)
    curve, origin = curve_for(context, tmp_path)
    assert origin == "disturbed"
    assert curve(1) == 0.1 and curve(4) < 0.2
    assert list(tmp_path.iterdir()) == []


def test_sizes_that_there_was_no_time_for_go_on_as_the_others_did(context: Context) -> None:
    curve = measure(context, budget_s=0.0).curve
    first, *_, before, last = zip(curve.sizes, curve.seconds, strict=True)
    assert last[0] == 48 and before[0] < 48
    assert last[1] == pytest.approx(
        before[1] + (before[1] - first[1]) / (before[0] - first[0]) * (48 - before[0])
    )


def test_a_slower_machine_is_slower_at_all_sizes() -> None:
    live = LiveCurve(CURVE)
    before = list(live.table(200))
    for _ in range(40):
        live.learn(1, 200, 2 * before[1])
    assert [after / seconds for after, seconds in zip(live.table(200)[1:], before[1:], strict=True)] == [
        pytest.approx(2.0, rel=0.15)
    ] * (len(before) - 1)


def test_a_wrong_size_heals_and_the_others_stay() -> None:
    live = LiveCurve(replace(CURVE, seconds=(1.0, 1.4, 2.9, 3.0)))
    true = CURVE.table(200)
    for i in range(400):
        size = (1, 2, 4, 8)[i % 4]
        live.learn(size, 200, true[size])
    assert [live.table(200)[n] / true[n] for n in (1, 2, 4, 8)] == [pytest.approx(1.0, abs=0.1)] * 4


def test_one_disturbed_pass_hardly_counts_and_sizes_stay_in_order() -> None:
    live = LiveCurve(CURVE)
    live.learn(2, 200, 100.0)
    table = live.table(200)
    assert table[1] < 1.2
    assert list(table[1:]) == sorted(table[1:])


def _stored(context: Context, folder: Path) -> tuple[CostCurve, Path]:
    curve, _ = curve_for(context, folder)
    return curve, next(folder.glob("*.json"))
