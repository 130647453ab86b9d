"""Measure the embedded model and write what came out into the README, between its two markers.

python -m tests.benchmarks.readme [--quick] [--rounds N] [--from FILE] [--readme FILE]

`--from` takes a document of `coder bench --json` instead of measuring.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.bench.report import as_markdown
from assistant.engine.curve import USUAL_COSTS, USUAL_SIZES

BEGIN, END = "<!-- measured by python -m tests.benchmarks.readme -->", "<!-- end of what was measured -->"
_README = Path(__file__).parents[2] / "README.md"
_MODEL = "smollm2-135m"
_SIZES = (1, 2, 4, 8, 16, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--from", dest="document", type=Path, help="a document of coder bench --json")
    parser.add_argument("--readme", type=Path, default=_README)
    arguments = parser.parse_args()
    command = ["bench", "--model", _MODEL]
    command += ["--quick"] if arguments.quick else ["--rounds", str(arguments.rounds)]
    said = arguments.document.read_text() if arguments.document else _measured(command)
    text = replaced(arguments.readme.read_text(), page(json.loads(said), shlex.join(["coder", *command])))
    arguments.readme.write_text(text)


def _measured(command: Sequence[str]) -> str:
    coder = [sys.executable, "-c", "from assistant.cli.main import main; main()"]
    return subprocess.run([*coder, *command, "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout


def page(document: dict[str, Any], command: str) -> str:
    """The tables, the command that makes them again, and what may be read from them."""
    curve = document["cost_curve"]
    sizes = [size for size in _SIZES if size < len(curve)]
    parts = [f"`{command}`:", as_markdown(document).strip()]
    if sizes and _is_assumed(curve):
        parts.append("The machine had other work, so that what a pass costs was not measured.")
    elif sizes:
        costs = [curve[size] / curve[1] for size in sizes]
        parts += [
            "What a pass of so many tokens costs, in passes of one:",
            _line(("tokens", *sizes)) + "\n" + _line(["---"] * (len(sizes) + 1)) + "\n"
            f"{_line(('cost', *(f'{cost:.2f}' for cost in costs)))}",
            _reading(document, curve),
        ]
    return "\n\n".join(parts)


def replaced(readme: str, measured: str) -> str:
    """The README with `measured` between the markers. Raises ValueError where each is not there once."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ValueError(f"The README needs, once and in this order: {BEGIN} and {END}")
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{measured}\n{END}{rest.partition(END)[2]}"


def _is_assumed(curve: Sequence[float]) -> bool:
    """Whether the usual proportions stand in for a measurement that was disturbed."""
    found = [curve[size] / curve[1] for size in USUAL_SIZES if size < len(curve)]
    return len(found) == len(USUAL_COSTS) and bool(np.allclose(found, USUAL_COSTS, rtol=1e-6))


def _reading(document: dict[str, Any], curve: Sequence[float]) -> str:
    best = max(range(1, len(curve)), key=lambda size: size * curve[1] / curve[size])
    bound = best * curve[1] / curve[best]
    tasks = sorted(document["tasks"], key=lambda task: task["speedup"])
    lowest, highest = tasks[0], tasks[-1]
    return (
        f"What holds on a CPU: each token that is checked is computed, so that {best} tokens in one pass "
        f"cost {curve[best] / curve[1]:.1f} passes, and no draft, were it always right, could make this file "
        f"more than {bound:.1f} times as quick here. Measured were {lowest['speedup']:.2f}x "
        f"({lowest['task']}) to {highest['speedup']:.2f}x ({highest['task']}): what stands in the prompt "
        "already is drafted well, what is new is not, and where a draft does not pay the scheduler makes "
        "none. On a GPU a pass waits "
        "for the weights to be read, whether for one token or for some 8 to 16: its curve is nearly flat "
        "up to there, a wrong draft costs little, and the speedup comes near τ. That was not measured here; "
        "`coder bench` does it on yours."
    )


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
