"""What is written into the README is what was measured, between the markers and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from assistant.engine.curve import USUAL_COSTS, USUAL_SIZES, CostCurve
from tests.benchmarks.readme import BEGIN, END, page, replaced

TASK = {
    "task": "refactoring",
    "measured_requests": 2,
    "plain_tps": 80.0,
    "speculative_tps": 100.0,
    "speedup": 1.25,
    "speedup_interval_95": [1.1, 1.4],
    "noise": 0.02,
    "identical": 2,
    "acceptance_rate": 0.5,
    "mean_accepted_length": 2.5,
    "by_drafter": {"lookup": {"drafted": 20, "accepted": 10, "acceptance_rate": 0.5}},
}


def document(**changes: Any) -> dict[str, Any]:
    about = {"model": "m", "file": "m.gguf", "threads": 2, "machine": "Linux x86_64", "version": "1"}
    measured = {"date": "2026-11-25 20:00", "rounds": 3, "stopped": None}
    curve = [0.0, 1.0, 1.5, 1.8, 2.0, 5.0, 6.0, 7.0, 8.0]
    return {**about, **measured, "cost_curve": curve, "tasks": [TASK, TASK | {"speedup": 0.99}]} | changes


def test_the_figures_and_the_command_are_there() -> None:
    text = page(document(), "coder bench --quick")
    assert text.startswith("`coder bench --quick`:")
    assert "| refactoring | 80.0 | 100.0 | 1.25x | 1.10–1.40 | 50% | 2.50 | 2/2 |" in text
    assert "| cost | 1.00 | 1.50 | 2.00 | 8.00 |" in text
    assert "4 tokens in one pass cost 2.0 passes" in text and "2.0 times as quick" in text
    assert "0.99x (refactoring) to 1.25x" in text
    assert "Partial: interrupted" in page(document(stopped="interrupted"), "coder bench")


def test_costs_that_were_assumed_are_not_told_as_measured() -> None:
    curve = CostCurve(USUAL_SIZES, tuple(0.01 * cost for cost in USUAL_COSTS)).table()
    text = page(document(cost_curve=curve), "coder bench")
    assert "was not measured" in text and "| cost |" not in text


def test_only_what_is_between_the_markers_changes() -> None:
    readme = f"# coder\n{BEGIN}\nold\n{END}\nmore\n"
    assert replaced(readme, "new") == f"# coder\n{BEGIN}\nnew\n{END}\nmore\n"
    assert replaced(replaced(readme, "new"), "new") == replaced(readme, "new")


@pytest.mark.parametrize("readme", ["", f"{BEGIN}", f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_a_readme_without_the_markers_is_left_alone(readme: str) -> None:
    with pytest.raises(ValueError, match="once and in this order"):
        replaced(readme, "new")


def test_the_readme_has_the_markers() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    assert f"{BEGIN}\nwhat was measured\n{END}" in replaced(readme, "what was measured")
