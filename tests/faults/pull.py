"""Pulls that are killed at random moments: what is in place is whole, and the next pull ends well.

`python -m tests.faults pull` does it 50 times and prints the counts."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.catalog.manifest import Manifest
    from tests.catalog.loopback import LoopbackHub

COUNT = 50
# SIGKILL as often as all others, which a process can answer.
SIGNALS = (
    *(signal.SIGKILL,) * 3,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
)
COMMAND = "from assistant.cli.main import main; main()"
# The same without the command line, which takes a second to start.
LIBRARY = """
import sys
from assistant.catalog.manifest import find_manifest
from assistant.catalog.pull import pull
pull(find_manifest(sys.argv[2]), lambda _: None)
"""
_START_S = 20.0


@dataclass
class Counts:
    """What happened: by signal, by how far the pull had come, and the pulls that did not end well."""

    signals: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(self.signals.values())
        by_signal = ", ".join(f"{count} {name}" for name, count in sorted(self.signals.items()))
        by_state = ", ".join(f"{count} {name}" for name, count in sorted(self.states.items()))
        return (
            f"{total} interruptions ({by_signal}), when the pull was: {by_state}.\n"
            f"{total - len(self.wrong)} of {total} ended in correct files."
        )


def interrupt(
    hub: "LoopbackHub",
    manifest: "Manifest",
    contents: Mapping[str, bytes],
    counts: Counts,
    chance: random.Random,
    *,
    program: str = COMMAND,
) -> None:
    """One pull in a process of its own, ended at a random moment, and another one to its end. `contents` are
    what the files must be, by name."""
    from assistant.catalog.locations import models_folder
    from assistant.catalog.pull import pull

    kind = chance.choice(SIGNALS)
    hub.ranges.clear()
    process = subprocess.Popen(
        [sys.executable, "-c", program, "pull", manifest.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + _START_S
        while not hub.ranges and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        seconds = hub.pace_s * sum(map(len, contents.values())) / hub.CHUNK
        time.sleep(chance.uniform(0, 1.1) * seconds)
        process.send_signal(kind)
        process.wait(20)
    finally:
        process.kill()
    there = {path.name: path.read_bytes() for path in models_folder().rglob("*.gguf")}
    parts = sum(path.stat().st_size > 0 for path in models_folder().rglob("*.part"))
    counts.signals[kind.name] += 1
    counts.states[
        "done" if len(there) == len(contents) else "under way" if there or parts else "about to begin"
    ] += 1
    faults = [f"{name} was in place and wrong" for name in there if there[name] != contents[name]]
    pace, hub.pace_s = hub.pace_s, 0.0
    pull(manifest, lambda _: None)
    hub.pace_s = pace
    after = {path.name: path.read_bytes() for path in models_folder().rglob("*.gguf")}
    faults += [f"{name} is wrong in the end" for name in contents if after.get(name) != contents[name]]
    faults += [f"{path.name} is left" for path in models_folder().rglob("*.part")]
    counts.wrong += [f"{kind.name}: {fault}" for fault in faults]
    for path in models_folder().rglob("*.gguf"):
        path.unlink()


def run(count: int, seed: int) -> Counts:
    """What becomes of `count` pulls and of those after them."""
    from tests.catalog.loopback import loopback_hub

    with tempfile.TemporaryDirectory() as home, loopback_hub() as hub:
        os.environ |= {
            "CODER_HOME": home,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": home,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        from assistant.catalog.manifest import find_manifest
        from tests.catalog.conftest import DRAFT_FILE, DRAFT_REPO, MANIFEST, TARGET_FILE, TARGET_REPO

        chance = random.Random(seed)
        contents = {TARGET_FILE: chance.randbytes(8_000_000), DRAFT_FILE: chance.randbytes(3_000_000)}
        hub.add(TARGET_REPO, TARGET_FILE, contents[TARGET_FILE])
        hub.add(DRAFT_REPO, DRAFT_FILE, contents[DRAFT_FILE])
        folder = Path(home, "config", "models")
        folder.mkdir(parents=True)
        (folder / "tiny-pair.toml").write_text(MANIFEST)
        hub.pace_s = 0.005
        counts = Counts()
        for _ in range(count):
            interrupt(hub, find_manifest("tiny-pair"), contents, counts, chance)
    return counts
