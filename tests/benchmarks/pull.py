"""A pull against a plain copy of the same bytes over the same loopback connection.

python -m tests.benchmarks.pull [--gb N] [--rounds N] [--mb-per-s N]

The hub is a process of its own, and so is the client, in which pull and copy take turns. The copy streams
with the same HTTP library to a file and brings it to the disk, as a pull does; it checks nothing. What a
pull takes more is SHA-256: seen where loopback is quicker than that, gone at the speed of a network, which
`--mb-per-s` sets.
"""

import argparse
import math
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

_REPO, _FILE, _NAME = "tester/large-GGUF", "large.Q8_0.gguf", "large"
_MANIFEST = f"""
name = "{_NAME}"
title = "A large file"
about = "For the benchmark."
license = "MIT"
size_gb = 1.0
memory_gb = 1.0
[target]
repo = "{_REPO}"
file = "{_FILE}"
"""
_MOST_MB, _SLOWEST = 150, 1.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb-per-s", type=float, help="as quick as the hub sends; default: as it can")
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")  # a fork would count this process's memory as its own
    with tempfile.TemporaryDirectory() as home:
        ours, hubs = spawn.Pipe()
        size, speed = int(arguments.gb * 1e9), (arguments.mb_per_s or math.inf) * 1e6
        hub = spawn.Process(target=_serve, args=(size, speed, hubs), daemon=True)
        hub.start()
        url, store_url = ours.recv()
        client = spawn.Process(target=_compare, args=(home, url, store_url, arguments.rounds, hubs))
        client.start()
        client.join()
        if client.exitcode:
            return client.exitcode
        plain, pulled, peak_mb = ours.recv()
        hub.terminate()
        hub.join()
    slower = statistics.median(b / a for a, b in zip(plain, pulled, strict=True))
    speeds = [arguments.gb * 1e3 / statistics.median(seconds) for seconds in (plain, pulled)]
    print(f"plain copy {speeds[0]:.0f} MB/s, pull {speeds[1]:.0f} MB/s, of {arguments.gb:g} GB")
    print(f"pull takes {slower:.3f} of the copy's time (median of {arguments.rounds}; wanted: {_SLOWEST})")
    print(f"peak memory of the pulling process: {peak_mb:.0f} MB (wanted: {_MOST_MB})")
    return int(slower > _SLOWEST or peak_mb > _MOST_MB)


def _serve(size: int, bytes_per_s: float, told: Connection) -> None:
    from tests.catalog.loopback import loopback_hub

    piece = os.urandom(1 << 20)
    with loopback_hub() as hub:
        hub.pace_s = hub.CHUNK / bytes_per_s
        hub.add(_REPO, _FILE, (piece * (size // len(piece) + 1))[:size])
        told.send((hub.url, hub.store_url))
        time.sleep(3600)


def _compare(home: str, url: str, store_url: str, rounds: int, told: Connection) -> None:
    os.environ |= {"CODER_HOME": home, "HF_ENDPOINT": url, "HF_HOME": home, "NO_PROXY": "127.0.0.1,localhost"}
    from assistant.catalog.manifest import find_manifest
    from assistant.catalog.pull import pull

    folder = Path(home, "config", "models")
    folder.mkdir(parents=True)
    (folder / f"{_NAME}.toml").write_text(_MANIFEST)
    plain, pulled = list[float](), list[float]()

    def copy_it() -> None:
        started = time.perf_counter()
        _copy(f"{store_url}/store/{_REPO}/{_FILE}", Path(home, "copy"))
        plain.append(time.perf_counter() - started)

    def pull_it() -> None:
        started = time.perf_counter()
        files = pull(find_manifest(_NAME), lambda _: None)
        pulled.append(time.perf_counter() - started)
        files.target.unlink()

    for number in range(rounds):
        for one in (copy_it, pull_it) if number % 2 == 0 else (pull_it, copy_it):
            one()
        print(f"plain copy {plain[-1]:.2f} s, pull {pulled[-1]:.2f} s", file=sys.stderr, flush=True)
    told.send((plain, pulled, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000))


def _copy(url: str, path: Path) -> None:
    from huggingface_hub import get_session

    with get_session().stream("GET", url) as response, path.open("wb", buffering=0) as file:
        for chunk in response.iter_raw():
            file.write(chunk)
        os.fsync(file.fileno())
    path.unlink()


if __name__ == "__main__":
    sys.exit(main())
