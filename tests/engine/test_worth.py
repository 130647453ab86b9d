"""Which drafts are loaded: those that may pay by the machine's cost curve and what their file says."""

from collections.abc import Sequence
from pathlib import Path

import gguf
import pytest

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.worth import ACCEPTANCE, pays

FLAT = [0.0, *[0.010 + 0.0002 * n for n in range(8)]]
STEEP = [0.0, *[0.010 * n for n in range(1, 9)]]
GOOD, POOR = (0.9, 0.8, 0.8), (0.2, 0.1, 0.1)


class Timed(NetworkDrafter):
    """Takes as long as it says, and drafts nothing."""

    def __init__(self, seconds: float) -> None:
        super().__init__("dspark")
        self._seconds = seconds

    def seconds_of_a_draft(self) -> float:
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
    assert pays(tmp_path / "draft.gguf", Timed(seconds), passes) is paying
