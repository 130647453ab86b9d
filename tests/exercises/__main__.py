"""What becomes of spoilt answers, way by way: python -m tests.exercises [WAY...] [--show VERDICT]"""

import argparse
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.exercises.matrix import Repositories, spoilt_answers
from tests.exercises.ways import WAYS

VERDICTS = ("right", "refused", "wrong")


def main() -> int:
    """0 where no answer was applied wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", metavar="WAY", nargs="*", help="only these ways")
    parser.add_argument("--show", choices=VERDICTS, default="wrong", help="which to tell more of")
    chosen = parser.parse_args()
    started = time.monotonic()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CODER_HOME"] = str(Path(folder, "home"))
        repositories = Repositories(Path(folder))
        print(f"{'way':28}" + "".join(f"{verdict:>9}" for verdict in VERDICTS))
        for way in chosen.ways or WAYS:
            counts: Counter[str] = Counter()
            for spoilt in spoilt_answers(way):
                judged = repositories.judge(spoilt)
                counts[judged.verdict] += 1
                if judged.verdict == chosen.show:
                    print(f"--- {spoilt.name}\n{judged.told}")
            print(f"{way:28}" + "".join(f"{counts[verdict]:9}" for verdict in VERDICTS), flush=True)
            total += counts
    print(f"{'all':28}" + "".join(f"{total[verdict]:9}" for verdict in VERDICTS))
    print(f"{total.total()} answers in {time.monotonic() - started:.0f} s")
    return min(total["wrong"], 1)


if __name__ == "__main__":
    raise SystemExit(main())
