"""The long run: new examples of every target until its seconds are over."""

import argparse
import os
import sys
import tempfile
from multiprocessing import Process
from pathlib import Path

from tests.fuzz import TARGETS
from tests.fuzz.run import fuzz, fuzz_guided


def main() -> int:
    """0 when no target failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all without")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true", help="by coverage, with atheris; one target")
    arguments = parser.parse_args()
    if unknown := set(arguments.target) - set(TARGETS):
        parser.error(f"there is no target {min(unknown)}; there are {', '.join(TARGETS)}")
    if arguments.guided and len(arguments.target) != 1:
        parser.error("--guided takes one target")
    with tempfile.TemporaryDirectory(prefix="coder-fuzz-") as name:
        for variable in [each for each in os.environ if each.startswith("CODER_")]:
            del os.environ[variable]
        os.environ["CODER_HOME"] = str(Path(name) / "home")
        if arguments.guided:
            chosen = (arguments.target[0], Path(name), arguments.seconds, arguments.seed)
            guided = Process(target=fuzz_guided, args=chosen)  # libFuzzer ends its process without a word
            guided.start()
            guided.join()
            return guided.exitcode or 0
        results = [
            fuzz(target, Path(name) / target, arguments.seconds, arguments.seed)
            for target in arguments.target or TARGETS
        ]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
