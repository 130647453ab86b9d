"""Which drafts are loaded: those that may pay by the machine's cost curve and what their file says."""

from collections.abc import Sequence
from pathlib import Path

import gguf
import pytest

from assistant.engine import measured
from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.worth import ACCEPTANCE, DraftCost, pays
from assistant.engine.llama import Context, ContextOptions, Model
from tests.engine.tiny_gguf import write_tiny

FLAT = [0.0, *[0.010 + 0.0002 * n for n in range(8)]]
STEEP = [0.0, *[0.010 * n for n in range(1, 9)]]
GOOD, POOR = (0.9, 0.8, 0.8), (0.2, 0.1, 0.1)


class Timed(NetworkDrafter):
    """Takes as long as it says, which it counts, and drafts nothing."""

    def __init__(self, seconds: float) -> None:
        super().__init__("dspark")
        self._seconds = seconds
        self.tries = 0

    def seconds_of_a_draft(self) -> float:
        self.tries += 1
        return self._seconds

    def close(self) -> None:
        pass

    def _catch_up(self, after: Sequence[int]) -> bool:
        return True

    def _draft(self, limit: int, after: Sequence[int]) -> Proposal:
        return NOTHING


@pytest.mark.parametrize(
    ("acceptance", "passes", "seconds", "paying"),
    [
        (GOOD, FLAT, 0.004, True),
        (GOOD, STEEP, 0.004, False),
        (GOOD, FLAT, 0.040, False),
        (POOR, FLAT, 0.004, False),
        (POOR, FLAT, 0.0001, True),
        (None, STEEP, 9.0, True),
    ],
)
def test_a_draft_must_gain_what_it_costs(
    acceptance: tuple[float, ...] | None,
    passes: list[float],
    seconds: float,
    paying: bool,
    tmp_path: Path,
) -> None:
    writer = gguf.GGUFWriter(str(tmp_path / "draft.gguf"), "dflash")
    if acceptance:
        writer.add_array(f"dflash.{ACCEPTANCE}", list(acceptance))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    assert pays(tmp_path / "draft.gguf", seconds, passes) is paying


@pytest.mark.parametrize("busy", [False, True])
def test_a_draft_is_tried_out_once_unless_the_machine_was_busy(
    busy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured.Quiet, "disturbed", busy)
    drafter, (target, draft) = Timed(0.004), (write_tiny(tmp_path / name) for name in ("t.gguf", "d.gguf"))
    with Model(target) as model, Context(model, ContextOptions(n_ctx=64, threads=1)) as context:
        for _ in range(3):
            cost = DraftCost(draft, context, tmp_path / "curves")
            assert cost.of(drafter) == cost.known == 0.004
        assert drafter.tries == (3 if busy else 1)
        write_tiny(draft, seed=2)
        assert DraftCost(draft, context, tmp_path / "curves").known is None
