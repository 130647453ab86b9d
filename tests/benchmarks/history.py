"""What recording costs beside decoding, and how long a history of a million generations takes to draw.

python -m tests.benchmarks.history [ROWS]
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

from assistant.bench.history import Filter, Generation, History
from assistant.bench.history.recording import Recorder
from assistant.cli.stats_command import GROUPS
from assistant.engine.stats import DraftCount, Stats

_COMMAND = [sys.executable, "-c", "from assistant.cli.main import main; main()", "stats"]
_TASKS = ("edit", "read", "command", "answer", "rewrite", "code", "explanation")
_MODELS = ("smollm2-135m", "deepseek-coder-6.7b", "qwen3-8b")
_DAYS = 1000
_ANSWER_TOKENS, _FAST_TPS = 100, 300.0


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "data" / "history.sqlite3"
        random = Random(0)
        started = time.perf_counter()
        with History(file) as history:
            history.add(made_up(random) for _ in range(rows))
        print(f"{rows:,} generations in {time.perf_counter() - started:.0f} s, {file.stat().st_size:,} bytes")
        with History(file) as history:
            started = time.perf_counter()
            for group in GROUPS:
                history.totals(group, Filter())
            history.by_drafter(Filter())
            print(f"all sums of coder stats: {(time.perf_counter() - started) * 1e3:.1f} ms")
        for options in ([], ["--json"], ["--since", "7d"]):
            print(f"coder stats {' '.join(options)}: {drawing(home, options)}")
        print(f"coder stats --help: {drawing('', ['--help'])}")
        seconds = recording(file, random)
        decode_s = _ANSWER_TOKENS / _FAST_TPS
        median, slowest = statistics.median(seconds), max(seconds)
        mean = statistics.mean(seconds)
        print(f"recording: mean {mean * 1e3:.2f} ms, median {median * 1e3:.2f}, slowest {slowest * 1e3:.1f}")
        print(f"  {mean / decode_s:.2%} of {_ANSWER_TOKENS} tokens at {_FAST_TPS:.0f} tokens/s")


def made_up(random: Random) -> Generation:
    emitted, passes = random.randrange(20, 500), random.randrange(10, 200)
    counts = {name: DraftCount(random.randrange(400), random.randrange(200)) for name in ("lookup", "edit")}
    stats = Stats(1000, 500, 0.5, 0.6, emitted, passes, emitted / 80, emitted / 90, 0.1, counts)
    day = (date(2026, 11, 25) - timedelta(days=random.randrange(_DAYS))).isoformat()
    task, model = random.choice(_TASKS), random.choice(_MODELS)
    return Generation(1.7e9, day, model, "run", task, True, "stop", stats)


def drawing(home: str, options: list[str]) -> str:
    """Seconds of the whole process on the wall and of the processor, the best of three each."""
    took = [_process([*_COMMAND, *options], home) for _ in range(3)]
    wall, processor = (min(seconds) for seconds in zip(*took, strict=True))
    return f"{wall:.2f} s, {processor:.2f} s of the processor"


def _process(command: list[str], home: str) -> tuple[float, float]:
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    environ = os.environ | {"CODER_HOME": home}
    subprocess.run(command, env=environ, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, processor


def recording(file: Path, random: Random) -> list[float]:
    """Seconds of each of some hundreds of records, as a generator makes them."""
    recorder, seconds = Recorder(file, print), []
    for generation in [made_up(random) for _ in range(600)]:
        started = time.perf_counter()
        recorder.record(generation)
        seconds.append(time.perf_counter() - started)
    recorder.close()
    return seconds


if __name__ == "__main__":
    main()
