"""How long a map of a synthetic repository takes: cold, warm, and after one file was changed.

    python -m tests.benchmarks.map [FILES] [SECONDS]

SECONDS is the time limit of the cold pass; what it leaves is read by the next ones.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from assistant.repo.map.cache import TagCache
from assistant.repo.map.index import TIME_LIMIT_S, RepositoryIndex, index_repository
from assistant.repo.map.outline import RepositoryMap, repository_map
from assistant.repo.workspace import Workspace

_BUDGET = 2000
_METHODS = 8
_STATEMENTS = 6
_FILES_IN_FOLDER = 50


def main() -> None:
    n_files = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    time_limit_s = float(sys.argv[2]) if len(sys.argv) > 2 else TIME_LIMIT_S
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "repository", Path(folder) / "cache"
        make_repository(root, n_files)
        first = root / path_of(0)
        n_lines = len(first.read_text().splitlines())
        print(f"{n_files:,} files of {n_lines} lines, {first.stat().st_size:,} bytes")
        time.sleep(3)  # what was written just now is not yet trusted to be settled

        def passing(limit_s: float) -> tuple[RepositoryIndex, RepositoryMap]:
            with TagCache(cache, root) as kept:
                index = index_repository(Workspace(root, is_git=True), kept, time_limit_s=limit_s)
                return index, repository_map(index, _BUDGET, lambda text: len(text) // 4, focus=[path_of(0)])

        report("cold", lambda: passing(time_limit_s))
        report("warm", lambda: passing(TIME_LIMIT_S))
        report("warm", lambda: passing(TIME_LIMIT_S))
        first.write_text(source(1, n_files, Random(0)))
        report("one file changed", lambda: passing(TIME_LIMIT_S))


def report(name: str, call: Callable[[], tuple[RepositoryIndex, RepositoryMap]]) -> None:
    start = time.perf_counter()
    index, shown = call()
    seconds = time.perf_counter() - start
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in index.left_out.items()) or "nothing"
    print(
        f"{name:18}{seconds:7.2f} s  {len(index.files):,} files, {shown.tokens} tokens; left out: {left_out}"
    )


def make_repository(root: Path, n_files: int) -> None:
    random = Random(7)
    for number in range(n_files):
        file = root / path_of(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source(number, n_files, random))
    subprocess.run(["git", "init", "--quiet", root], check=True)
    subprocess.run(["git", "-C", root, "add", "."], check=True)


def path_of(number: int) -> str:
    return f"package{number // _FILES_IN_FOLDER:04}/module{number:06}.py"


def source(number: int, n_files: int, random: Random) -> str:
    """A module with a class whose methods use those of other modules, the lower numbers more often."""
    lines = [f'"""Module {number}."""', "", f"class Service{number}:"]
    for method in range(_METHODS):
        lines += ["", f"    def handle_{number}_{method}(self, value: int) -> int:", "        total = value"]
        for _ in range(_STATEMENTS):
            other = int(n_files * random.random() ** 3)
            lines.append(
                f"        total += Service{other}().handle_{other}_{random.randrange(_METHODS)}(total)"
            )
        lines.append("        return total")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
