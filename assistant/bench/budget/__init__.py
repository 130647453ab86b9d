"""Work under a wall-clock limit: what a turn of so many seconds brings, measured and simulated.

A job is an answer that wants to be finished. A turn that the limit cuts off counts as a timeout; what it
wrote is kept, and the next turn goes on behind it, which reads (and bills) the prompt and that text again.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Tally:
    """Of one way to decode. `useful` are the answer tokens that were kept; `billed_in` counts every prompt
    token of every turn, as an API would, and is None where prompts were not simulated."""

    way: str
    jobs: int = 0
    finished: int = 0
    turns: int = 0
    timeouts: int = 0
    useful: int = 0
    billed_out: int = 0
    billed_in: int | None = 0
    seconds: float = 0.0

    @property
    def work_per_turn(self) -> float:
        """Answer tokens that a turn brings on average."""
        return self.useful / self.turns if self.turns else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "seconds": round(self.seconds, 3),
            "work_per_turn": round(self.work_per_turn, 2),
        }


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """The ways side by side, the first of them the one that others are compared to. `simulated` says of what
    and from which figures, empty for a measurement; `stopped` why a measurement is partial."""

    limit_s: float
    tallies: Sequence[Tally]
    simulated: str = ""
    stopped: str = ""

    def more_work(self, tally: Tally) -> float:
        """How many times the work a turn of the first way does."""
        base = self.tallies[0].work_per_turn
        return tally.work_per_turn / base if base else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {
            "limit_s": self.limit_s,
            "simulated": self.simulated or None,
            "stopped": self.stopped or None,
            "ways": [
                {**tally.as_dict(), "more_work": round(self.more_work(tally), 3)} for tally in self.tallies
            ],
        }
