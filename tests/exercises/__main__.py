"""How many exercises good answers repair and what becomes of spoilt ones, way by way; with --model, which
bugs the embedded model repairs.

python -m tests.exercises [WAY...] [--show VERDICT]
python -m tests.exercises --model [--told]"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from assistant.agent.edits import EDIT_FORMATS
from tests.exercises.embedded import repairs
from tests.exercises.exercise import exercises
from tests.exercises.matrix import Repositories, repairs_with_good_answers, spoilt_answers
from tests.exercises.ways import WAYS

VERDICTS = ("right", "refused", "wrong")


def main() -> int:
    """0 where no answer was applied wrongly; with a model, always."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ways", metavar="WAY", nargs="*", help="only these ways")
    parser.add_argument("--show", choices=VERDICTS, default="wrong", help="which to tell more of")
    parser.add_argument("--model", action="store_true", help="let the embedded model repair")
    parser.add_argument("--told", action="store_true", help="tell it in words what is wrong, too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CODER_HOME"] = str(Path(folder, "home"))
        if chosen.model:
            return repair_all(told=chosen.told)
        if not chosen.ways:
            answer_all(Path(folder))
        return spoil_all(chosen.ways or list(WAYS), chosen.show, Path(folder))


def answer_all(folder: Path) -> None:
    absent = sorted({each.needs for each in exercises() if not each.runs})
    if absent:
        print(f"Not here, so that files must equal the fixed ones: {', '.join(absent)}")
    for written in EDIT_FORMATS:
        repaired = repairs_with_good_answers(written, folder)
        print(f"good answers, {written:15}{len(repaired):3} of {len(exercises())} repaired", flush=True)


def spoil_all(ways: Sequence[str], shown: str, folder: Path) -> int:
    started = time.monotonic()
    total: Counter[str] = Counter()
    repositories = Repositories(folder)
    print(f"{'way':28}" + "".join(f"{verdict:>9}" for verdict in VERDICTS))
    for way in ways:
        counts: Counter[str] = Counter()
        for spoilt in spoilt_answers(way):
            judged = repositories.judge(spoilt)
            counts[judged.verdict] += 1
            if judged.verdict == shown:
                print(f"--- {spoilt.name}\n{judged.told}")
        print(_row(way, counts), flush=True)
        total += counts
    print(_row(f"{len(ways)} ways", total))
    print(f"{total.total()} answers in {time.monotonic() - started:.0f} s")
    return min(total["wrong"], 1)


def repair_all(*, told: bool) -> int:
    found = []
    for repair in repairs(told=told):
        found.append(repair)
        how = "repaired" if repair.repaired else "not repaired"
        print(f"{repair.name:22} {how:13} {repair.answers} answers, {repair.seconds:.0f} s", flush=True)
        for reason in repair.why:
            print(f"    {reason[:160]}", flush=True)
    print(f"{sum(each.repaired for each in found)} of {len(found)} repaired")
    return 0


def _row(name: str, counts: Counter[str]) -> str:
    return f"{name:28}" + "".join(f"{counts[verdict]:9}" for verdict in VERDICTS)


if __name__ == "__main__":
    raise SystemExit(main())
