"""The short form of `python -m tests.faults kill`."""

import os

import pytest

from tests.faults.kill import run
from tests.faults.works import WORKS


@pytest.mark.skipif(not hasattr(os, "login_tty"), reason="needs pseudo-terminals")
def test_what_is_ended_from_outside_loses_nothing() -> None:
    counts = run(6, 5, {name: WORKS[name] for name in ("fix", "undo")})
    assert not counts.wrong
    assert sum(counts.ways.values()) == 6
