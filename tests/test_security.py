"""SECURITY.md promises nothing that no test shows: each line points at one, and each pointer leads to one."""

import re
from pathlib import Path

import pytest

from tests.attacks.tables import KINDS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
LINES = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| what |")]
KIND = re.compile(r"`([^`]+)`")
TEST = re.compile(r"\btests/[\w/]+\.py(?:::\w+)?")


def _pointers(line: str) -> list[str]:
    cell = line.rstrip("|").rpartition(" | ")[2]
    return KIND.findall(cell) + TEST.findall(cell)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[2:50])
def test_each_line_points_at_what_shows_it(line: str) -> None:
    pointers = _pointers(line)
    assert pointers
    for pointer in pointers:
        path, _, name = pointer.partition("::")
        if not path.startswith("tests/"):
            assert pointer in {kind.title for kind in KINDS}
        else:
            text = (ROOT / path).read_text("utf-8")
            assert f"def {name}(" in text if name else "def test_" in text


def test_every_kind_of_attack_is_behind_a_line() -> None:
    assert {kind.title for kind in KINDS} <= {pointer for line in LINES for pointer in _pointers(line)}
    assert len(LINES) > 15
