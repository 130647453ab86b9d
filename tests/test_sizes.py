"""Sizes in bytes as people read them."""

import pytest

from assistant.sizes import as_size


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (39_700_000, "39.7 MB"),
        (270_000_000, "270 MB"),
        (999_400_000, "999 MB"),
        (999_600_000, "1.00 GB"),
        (4_080_000_000, "4.08 GB"),
        (9_996_000_000, "10.0 GB"),
        (671_000_000_000, "671 GB"),
    ],
)
def test_three_digits_are_shown(count: int, shown: str) -> None:
    assert as_size(count) == shown
