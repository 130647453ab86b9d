"""GGUF files damaged at random: read, or refused with a clear message, at once, and never a crash.

`python -m tests.faults gguf` makes 3,000 of them and prints the counts. Those that are not
refused by their header are loaded by llama.cpp too, in processes of their own."""

import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.engine.gguf_header import read_header
from assistant.engine.memory import estimate
from assistant.engine.options import ContextOptions
from assistant.errors import ModelError
from tests.engine.test_state import MEMORIES, write_model

COUNT = 3000
_EXTREMES = (
    0,
    1,
    2,
    7,
    0x7F,
    0xFF,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**62,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
_LONGEST_S = 2.0
# In a child: the names of files, one a line, each told before and after it was loaded.
_LOAD = """
import sys
from pathlib import Path
from assistant.engine.first_load import check_first_load
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.errors import CoderError
for name in sys.argv[1:]:
    print("begin", name, flush=True)
    try:
        check_first_load(Path(name), Path(name).parent / "passed")
        with Model(Path(name)) as model, Context(model, ContextOptions(n_ctx=256, threads=1)) as context:
            [context.evaluate([token]) for token in (1, 2, 0)]
        print("loaded", name, flush=True)
    except CoderError as error:
        assert error.message
        print("refused", name, flush=True)
"""


@dataclass
class Counts:
    """By what became of the files; `wrong` are those that crashed, hung or were refused without a name."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        reasons = ", ".join(f"{count} {why}" for why, count in self.reasons.most_common(12))
        return (
            f"{outcomes}; the slowest took {self.slowest_s:.3f} s, {len(self.wrong)} crashed, hung or lacked "
            f"a message.\nReasons: {reasons}"
        )


def damaged(originals: Sequence[bytes], count: int, chance: random.Random) -> Iterator[bytes]:
    """`count` files, each one of the `originals` with one to four changes, most of them in its header."""
    for number in range(count):
        content = bytearray(originals[number % len(originals)])
        header = min(content.rfind(b"blk.") + 64, len(content))
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            _damage(content, header, chance)
        yield bytes(content)


def examine(path: Path, counts: Counts) -> bool:
    """Read the header and estimate the memory, as before any load. Whether the file was not refused."""
    started = time.perf_counter()
    try:
        needed = estimate(path, ContextOptions(n_ctx=512))
        read_header(path)
    except ModelError as error:
        accepted = False
        if str(path) not in error.message:
            counts.wrong.append(f"no file is named: {error.message}")
        counts.reasons[_kind(error.message, path)] += 1
    except Exception as fault:  # noqa: BLE001 - what is looked for
        accepted = False
        counts.wrong.append(f"{type(fault).__name__}: {fault}")
    else:
        accepted = True
        if not 0 <= needed.weights <= path.stat().st_size:
            counts.wrong.append(f"weights of {needed.weights} bytes")
    seconds = time.perf_counter() - started
    counts.slowest_s = max(counts.slowest_s, seconds)
    if seconds > _LONGEST_S:
        counts.wrong.append(f"took {seconds:.1f} s")
    counts.outcomes["not refused by the header" if accepted else "refused by the header"] += 1
    return accepted


def load(paths: Sequence[Path], counts: Counts) -> None:
    """What llama.cpp makes of the files; a crash ends a child, and the next one goes on behind it."""
    left = list(paths)
    while left:
        child = subprocess.run(
            [sys.executable, "-c", _LOAD, *map(str, left)],
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line.split(" ", 1) for line in child.stdout.splitlines()]
        for what, _ in told:
            if what != "begin":
                counts.outcomes[f"{what} by llama.cpp"] += 1
        began = sum(what == "begin" for what, _ in told)
        if child.returncode:
            crashed = left[began - 1] if began else left[0]
            counts.wrong.append(f"{crashed.name}: ended by {child.returncode}, {child.stderr.strip()[-200:]}")
        left = left[max(began, 1) :]


def _damage(content: bytearray, header: int, chance: random.Random) -> None:
    at = chance.randrange(min(header, len(content))) if content else 0
    match chance.randrange(10):
        case 0:
            content[at : at + 1] = bytes([content[at] ^ 1 << chance.randrange(8)]) if content else b""
        case 1:
            content[at : at + 8] = struct.pack("<Q", chance.choice(_EXTREMES))
        case 2:
            content[at : at + 4] = struct.pack("<I", chance.choice(_EXTREMES) & 0xFFFFFFFF)
        case 3:
            del content[chance.randrange(len(content) + 1) :]
        case 4:
            del content[at : at + chance.randrange(1, 64)]
        case 5:
            content[at:at] = content[at : at + chance.randrange(1, 64)]
        case 6:
            content[at : at + chance.randrange(1, 16)] = chance.randbytes(chance.randrange(16))
        case _:  # a number of the metadata, which keeps the file well-formed
            tags = [found.end() for found in re.finditer(rb"\x04\0\0\0", content[:header])]
            if tags:
                number = chance.choice((*_EXTREMES, chance.randrange(512)))
                at = chance.choice(tags)
                content[at : at + 4] = struct.pack("<I", number & 0xFFFFFFFF)


def _kind(message: str, path: Path) -> str:
    """The message without numbers and names, to count by."""
    said = (
        message.replace(str(path), "").split(":")[-1]
        if "damaged" in message
        else message.replace(str(path), "")
    )
    return " ".join(word for word in said.split() if word.isalpha())[:40]


def run(count: int, seed: int) -> Counts:
    """What becomes of `count` damaged files."""
    counts, chance = Counts(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        originals = [write_model(folder / f"{memory}.gguf", memory).read_bytes() for memory in MEMORIES]
        accepted = []
        for number, content in enumerate(damaged(originals, count, chance)):
            path = folder / f"{number}.gguf"
            path.write_bytes(content)
            if examine(path, counts):
                accepted.append(path)
            else:
                path.unlink()
        load(accepted, counts)
    return counts
