"""The short form of `python -m tests.faults pull`."""

import random

from assistant.catalog.manifest import Manifest
from tests.catalog.conftest import DRAFT_FILE, TARGET_FILE, hub, manifest, tiny_pair
from tests.catalog.loopback import LoopbackHub
from tests.faults.pull import LIBRARY, Counts, interrupt

__all__ = ["hub", "manifest", "tiny_pair"]


def test_a_pull_that_is_killed_leaves_nothing_wrong_and_the_next_ends_well(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: tuple[bytes, bytes]
) -> None:
    hub.pace_s = 0.02
    counts, chance = Counts(), random.Random(3)
    contents = dict(zip((TARGET_FILE, DRAFT_FILE), tiny_pair, strict=True))
    for _ in range(4):
        interrupt(hub, manifest, contents, counts, chance, program=LIBRARY)
    assert not counts.wrong
    assert sum(counts.signals.values()) == 4
    assert counts.states["under way"]
