"""A recording keeps whole answers, whatever interrupted it."""

from pathlib import Path

import numpy as np
import pytest

from assistant.errors import CoderError, UsageError
from assistant.train.recording import TOP, Recording, Rows, row_bytes

FACTS = {"target": "t.gguf", "layers": [1, 2], "width": 6}


def rows(length: int, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    return Rows(
        random.integers(0, 99, length, np.int32),
        random.standard_normal((length, 6)).astype(np.float16),
        random.integers(0, 99, (length, TOP), np.int32),
        random.random((length, TOP)).astype(np.float16),
    )


def append(recording: Recording, length: int, seed: int) -> None:
    recording.append(
        rows(length, seed), key=f"{seed:016x}", sample=0, source="code", held_out=seed == 0, prompt=2
    )


def same(recording: Recording, place: int, length: int, seed: int) -> bool:
    found, expected = recording.read(recording.answers[place]), rows(length, seed)
    return all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in Rows.__slots__)


def test_what_was_recorded_is_read_again_later(tmp_path: Path) -> None:
    with Recording(tmp_path, FACTS) as recording:
        append(recording, 5, 0)
        append(recording, 7, 1)
        assert same(recording, 0, 5, 0)
    with Recording(tmp_path, FACTS) as recording:
        assert recording.tokens == 12
        assert recording.bytes == 12 * row_bytes(6)
        assert recording.answers[0].held_out
        assert same(recording, 1, 7, 1)


@pytest.mark.parametrize("torn", ["tokens", "states", "top_tokens", "top_shares", "index"])
def test_an_answer_that_was_cut_off_is_dropped_and_the_next_takes_its_place(
    torn: str, tmp_path: Path
) -> None:
    with Recording(tmp_path, FACTS) as recording:
        append(recording, 5, 0)
        append(recording, 7, 1)
    with (tmp_path / torn).open("r+b") as file:
        file.truncate(file.seek(0, 2) - 3)
    with Recording(tmp_path, FACTS) as recording:
        assert len(recording.answers) == 1
        append(recording, 4, 2)
        assert same(recording, 0, 5, 0)
        assert same(recording, 1, 4, 2)
    with Recording(tmp_path, FACTS) as recording:
        assert same(recording, 1, 4, 2)


def test_a_recording_of_something_else_or_in_use_is_refused(tmp_path: Path) -> None:
    with Recording(tmp_path, FACTS), pytest.raises(UsageError, match="at work in"):
        Recording(tmp_path, FACTS)
    with pytest.raises(UsageError, match="something else"):
        Recording(tmp_path, FACTS | {"layers": [1, 3]})
    Recording(tmp_path, FACTS).close()


def test_a_full_disk_is_told_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")
    with Recording(tmp_path, FACTS) as recording:
        append(recording, 5, 0)
    (tmp_path / "top_shares").rename(tmp_path / "kept")
    with Recording(tmp_path, FACTS | {}) as recording:
        assert recording.answers == [], "rows are missing, so that the answer does not count"
        recording._files["states"] = full.open("ab", buffering=0)
        with pytest.raises(CoderError, match="No space left"):
            append(recording, 5, 0)
        assert recording.answers == []
