"""The short form of `python -m tests.faults gguf`."""

import random
from pathlib import Path

from tests.engine.test_state import write_model
from tests.faults.gguf import Counts, damaged, examine, load


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    originals = [write_model(tmp_path / f"{name}.gguf", name).read_bytes() for name in ("llama", "deepseek2")]
    counts, accepted = Counts(), []
    for number, content in enumerate(damaged(originals, 200, random.Random(7))):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(content)
        if examine(path, counts):
            accepted.append(path)
    load(accepted[:20], counts)
    assert not counts.wrong
    assert counts.outcomes["refused by the header"] > 100
    assert counts.outcomes["loaded by llama.cpp"]
