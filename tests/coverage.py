"""Branch coverage of the layers that decide, each by its own tests: `python -m tests.coverage [LAYER...]`.

Prints one line a layer, and with `--missing` the files with the most branches not taken. Processes that
the tests start are counted where they are Python and keep the environment."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LAYERS = ("agent", "repo", "catalog", "engine")
LEAST_PERCENT = 90.0
_MOST_FILES = 25


def main() -> int:
    """0 when the tests pass and every layer reaches `LEAST_PERCENT` of its branches."""
    arguments = [each for each in sys.argv[1:] if each != "--missing"]
    failed = False
    for layer in arguments or LAYERS:
        passed, report = measured(layer)
        totals = report["totals"]
        percent = branch_percent(totals)
        failed |= not passed or percent < LEAST_PERCENT
        print(
            f"{layer:8} {percent:5.1f} % of {totals['num_branches']:,} branches, "
            f"{totals['percent_statements_covered']:5.1f} % of {totals['num_statements']:,} statements"
            + ("" if passed else ", and tests FAILED"),
            flush=True,
        )
        if len(arguments) < len(sys.argv) - 1:
            show_missing(report["files"])
    return int(failed)


def measured(layer: str) -> tuple[bool, dict[str, Any]]:
    """Whether the layer's tests pass, and coverage's own report as JSON."""
    with tempfile.TemporaryDirectory(prefix="coder-coverage-") as name:
        environment = {**os.environ, "COVERAGE_FILE": str(Path(name) / "data")}

        def coverage(*arguments: str) -> int:
            command = [sys.executable, "-m", "coverage", *arguments]
            return subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode

        passed = not coverage("run", f"--source=assistant/{layer}", "-m", "pytest", f"tests/{layer}")
        coverage("combine", "--quiet")
        report = Path(name) / "report.json"
        coverage("json", "--quiet", "-o", str(report))
        return passed, json.loads(report.read_text("utf-8"))


def branch_percent(totals: Mapping[str, Any]) -> float:
    return 100 * float(totals["covered_branches"]) / max(int(totals["num_branches"]), 1)


def show_missing(files: Mapping[str, Any]) -> None:
    worst = sorted(files.items(), key=lambda each: -each[1]["summary"]["missing_branches"])
    for name, found in worst[:_MOST_FILES]:
        if missing := found["missing_branches"]:
            arcs = ", ".join(f"{start}->{end if end > 0 else 'exit'}" for start, end in missing)
            print(f"    {name}: {len(missing)} of {found['summary']['num_branches']}: {arcs}")


if __name__ == "__main__":
    sys.exit(main())
