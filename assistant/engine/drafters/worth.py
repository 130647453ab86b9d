"""Whether a draft can pay on this machine, before it has drafted anything."""

import math
from collections.abc import Sequence
from pathlib import Path

from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.gguf_header import GgufArray, read_header
from assistant.engine.llama import Context
from assistant.engine.measured import Measured, Quiet

ACCEPTANCE = "acceptance"
"""Key, behind the architecture, of how often each drafted token was accepted in training's measuring."""
# A draft is wanted only where it is sure, so that it gains more than its mean says.
_NEARLY = 0.9


class DraftCost:
    """What a draft from the file at `path` takes beside the target of `context`, kept in `folder`."""

    def __init__(self, path: Path, context: Context, folder: Path) -> None:
        self._kept = Measured(folder, context, path)
        self._threads = context.threads
        seconds = (self._kept.read()[0] or {}).get("seconds")
        self.known = seconds if isinstance(seconds, float) and 0 < seconds < math.inf else None
        """Seconds; None where it was not tried out yet."""

    def of(self, drafter: NetworkDrafter) -> float:
        """Seconds, tried out with `drafter` where not known, and kept unless the machine had other work."""
        if self.known is None:
            quiet = Quiet(self._threads)
            self.known = drafter.seconds_of_a_draft()
            if self.known and not quiet.disturbed:
                self._kept.write({"seconds": self.known})
        return self.known


def pays(path: Path, seconds: float, passes: Sequence[float]) -> bool:
    """Whether drafts as good as the file at `path` says make decoding quicker, when a target pass of n tokens
    takes `passes[n]` seconds and a draft `seconds`. True where the file does not say."""
    acceptance = read_header(path).of_architecture(ACCEPTANCE)
    if not isinstance(acceptance, GgufArray):
        return True
    emitted = reached = 1.0
    for rate, cost in zip(acceptance.values, passes[2:], strict=False):
        reached *= rate
        emitted += reached
        if emitted / (cost + seconds) >= _NEARLY / passes[1]:
            return True
    return not acceptance.values
