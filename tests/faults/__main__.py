"""All harnesses, or those that are named: `python -m tests.faults kill soak --count 300 --seed 7`.

Each prints a line of counts and what went wrong; the exit code is 1 where something did."""

import argparse
import importlib
import sys
import time

HARNESSES = {
    "kill": "the program ended from outside at random moments",
    "disk": "full, read-only and failing disks, and clocks that jump",
    "pull": "pulls ended at random moments",
    "soak": "a long day in one process",
    "crowd": "several coders at once in one repository",
    "cancel": "answers cancelled at random moments",
    "gguf": "damaged model files",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(HARNESSES))
    parser.add_argument("--count", type=int, help="instead of each one's own")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    unknown = set(wanted.names) - HARNESSES.keys()
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    failed = False
    for name in wanted.names or HARNESSES:
        harness = importlib.import_module(f"tests.faults.{name}")
        started = time.monotonic()
        counts = harness.run(wanted.count or harness.COUNT, wanted.seed)
        seconds = time.monotonic() - started
        print(f"{name} ({HARNESSES[name]}, seed {wanted.seed}, {seconds:.0f} s): {counts}", flush=True)
        print(*counts.wrong, sep="\n", end="\n" * bool(counts.wrong), flush=True)
        failed |= bool(counts.wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
