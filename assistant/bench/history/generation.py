"""One recorded generation."""

import json
import time
from dataclasses import dataclass

from assistant import __version__
from assistant.engine.stats import Stats


@dataclass(frozen=True, slots=True)
class Generation:
    """`at` is the time it ended, seconds since 1970 by the clock of then; `day` the local date of then.

    `command` is what the user ran; without `speculate` decoding was plain."""

    at: float
    day: str
    model: str
    command: str
    task: str
    speculate: bool
    finish: str
    stats: Stats
    version: str = __version__

    @classmethod
    def now(
        cls, *, model: str, command: str, task: str, speculate: bool, finish: str, stats: Stats
    ) -> "Generation":
        at = time.time()
        day = time.strftime("%Y-%m-%d", time.localtime(at))
        return cls(at, day, model, command, task, speculate, finish, stats)

    def row(self) -> dict[str, object]:
        """As it is stored and exported, the counters under their contract names."""
        stats = self.stats
        return {
            "at": round(self.at, 3),
            "day": self.day,
            "model": self.model,
            "command": self.command,
            "task": self.task,
            "speculate": int(self.speculate),
            "finish": self.finish,
            "version": self.version,
            **{name: getattr(stats, name) for name in COUNTERS},
            "by_drafter": json.dumps(
                {name: [count.drafted, count.accepted] for name, count in stats.by_drafter.items()}
            ),
        }


COUNTERS = (
    "prompt_tokens",
    "reused_tokens",
    "emitted",
    "forward_passes",
    "drafted",
    "accepted",
    "prefill_s",
    "ttft_s",
    "decode_s",
    "forward_s",
    "draft_s",
)
"""Of `Stats`: what is stored of each generation, and added up (`ttft_s` as well, to be divided)."""
