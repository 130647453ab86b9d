"""Every target, on a few examples."""

from pathlib import Path

import pytest

from tests.fuzz import TARGETS
from tests.fuzz.run import check_shortly


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_examples(name: str, tmp_path: Path) -> None:
    check_shortly(name, tmp_path)
