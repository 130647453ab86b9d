"""All attacks by kind, with how many were held and how many succeeded: `python -m tests.attacks`."""

import contextlib
import io
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.attacks.tables import KINDS

_TESTS = Path(__file__).with_name("test_attacks.py")


class Counts:
    """What pytest says of each attack, by its kind."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Counter[str]] = defaultdict(Counter)
        self.succeeded: list[str] = []
        self.reasons: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        _, bracket, rest = report.nodeid.partition("[")
        if not bracket or (report.when != "call" and report.passed):
            return
        name = rest.removesuffix("]")
        self.by_kind[name.partition(": ")[0]][report.outcome] += 1
        if report.failed:
            self.succeeded.append(name)
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons.add(str(report.longrepr[2]))


def main() -> int:
    """0 where none succeeds."""
    counts = Counts()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(_TESTS)], plugins=[counts])
    width = max(len(kind.title) for kind in KINDS)
    print(f"{'kind':{width}}  tried  held  succeeded  skipped")
    total: Counter[str] = Counter()
    for kind in KINDS:
        found = counts.by_kind[kind.title]
        total.update(found)
        _print(kind.title, found, width)
    _print("all", total, width)
    for reason in sorted(counts.reasons):
        print(f"skipped: {reason}")
    for name in counts.succeeded:
        print(f"SUCCEEDED: {name}")
    return int(bool(counts.succeeded) or not total["passed"])


def _print(title: str, found: Counter[str], width: int) -> None:
    held, failed, skipped = found["passed"], found["failed"], found["skipped"]
    print(f"{title:{width}}  {held + failed:5}  {held:4}  {failed:9}  {skipped:7}")


if __name__ == "__main__":
    sys.exit(main())
