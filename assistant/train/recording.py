"""What a target said and what it computed while saying it, on disk: append-only, read as memory maps.

Rows of all answers follow each other in one file for each kind of value. A line of the index, written behind
the rows that it names, makes an answer count: what an interruption left behind it is cut off on opening.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from errno import ENOSPC
from os import strerror
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from assistant.errors import CoderError, UsageError

TOP = 16
_SPARE_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows `start : start + length` of a recording: a prompt and, from its row `prompt` on, the answer."""

    key: str
    sample: int
    source: str
    held_out: bool
    start: int
    length: int
    prompt: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Of `n` tokens: their ids `[n]`, the target's states beside them `[n, width]` in F16, and for each token
    the likeliest next ones `[n, 16]` with their probabilities (all 0 in a prompt)."""

    tokens: npt.NDArray[np.int32]
    states: npt.NDArray[np.float16]
    top_tokens: npt.NDArray[np.int32]
    top_shares: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.tokens)


def row_bytes(width: int) -> int:
    """Disk space that a token takes when its states are `width` values."""
    return sum(int(np.prod(shape)) * np.dtype(kind).itemsize for kind, shape in _columns(width).values())


class Recording:
    """One writer at a time. `answers` are those recorded so far."""

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Open or begin the recording in `folder`. `facts` say what it is of, with its `width`; they must be
        those that it was begun with. Raises UsageError where it is another's or in use."""
        self.folder = folder
        self.width = int(facts["width"])
        self.answers: list[Answer] = []
        self._columns = _columns(self.width)
        self._open = ExitStack()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open.enter_context(FileLock(folder / "lock", timeout=0))
            self._check_facts(facts)
            self._recover()
            self._files = {
                name: self._open.enter_context(self._path(name).open("ab", buffering=0))
                for name in self._columns
            }
            self._index: IO[str] = self._open.enter_context(self._path("index").open("a", encoding="utf-8"))
        except BaseException as error:
            self._open.close()
            if isinstance(error, Timeout):
                raise UsageError(f"Another `coder train-draft` is at work in {folder}.") from error
            if isinstance(error, OSError):
                raise CoderError(f"Cannot record in {folder}: {error.strerror or error}.") from error
            raise

    @property
    def tokens(self) -> int:
        return self.answers[-1].start + self.answers[-1].length if self.answers else 0

    @property
    def bytes(self) -> int:
        return self.tokens * row_bytes(self.width)

    def has_room(self) -> bool:
        """Whether the disk holds some more answers."""
        return shutil.disk_usage(self.folder).free > _SPARE_BYTES

    def append(self, rows: Rows, *, key: str, sample: int, source: str, held_out: bool, prompt: int) -> None:
        """Keep one answer. Raises CoderError when the disk is full; what was kept before stays."""
        answer = Answer(key, sample, source, held_out, self.tokens, len(rows), prompt)
        try:
            for name, file in self._files.items():
                data = np.ascontiguousarray(getattr(rows, name), self._columns[name][0]).tobytes()
                if file.write(data) != len(data):
                    raise OSError(ENOSPC, strerror(ENOSPC))
            self._index.write(json.dumps(asdict(answer)) + "\n")
            self._index.flush()
        except OSError as error:
            raise CoderError(
                f"The recording in {self.folder} cannot grow: {error.strerror or error}.",
                hint="Make room and go on with --resume; the answers recorded so far are kept.",
            ) from error
        self.answers.append(answer)

    def read(self, answer: Answer) -> Rows:
        """The rows of one answer, mapped from disk."""
        columns: dict[str, Any] = {name: self._read(name, answer) for name in self._columns}
        return Rows(**columns)

    def _read(self, name: str, answer: Answer) -> npt.NDArray[Any]:
        kind, shape = self._columns[name]
        offset = answer.start * int(np.prod(shape)) * np.dtype(kind).itemsize
        return np.memmap(self._path(name), kind, "r", offset, (answer.length, *shape))

    def _check_facts(self, facts: Mapping[str, Any]) -> None:
        path = self._path("facts")
        if not path.exists():
            path.write_text(json.dumps(facts, indent=2), "utf-8")
        elif json.loads(path.read_text("utf-8")) != dict(facts):
            raise UsageError(f"The recording in {self.folder} is of something else.", hint="Remove it.")

    def _recover(self) -> None:
        """Keep the answers whose rows are all there, and cut off what lies behind them."""
        index = self._path("index")
        sizes = [self._rows_on_disk(name) for name in self._columns]
        self.answers = list(_whole(index, min(sizes))) if index.exists() else []
        for name, (kind, shape) in self._columns.items():
            if (path := self._path(name)).exists():
                with path.open("r+b") as file:
                    file.truncate(self.tokens * int(np.prod(shape)) * np.dtype(kind).itemsize)
        kept = "".join(json.dumps(asdict(answer)) + "\n" for answer in self.answers)
        if index.exists() and index.read_text("utf-8") != kept:
            index.write_text(kept, "utf-8")

    def _rows_on_disk(self, name: str) -> int:
        kind, shape = self._columns[name]
        path = self._path(name)
        return path.stat().st_size // (int(np.prod(shape)) * np.dtype(kind).itemsize) if path.exists() else 0

    def _path(self, name: str) -> Path:
        return self.folder / name

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _columns(width: int) -> dict[str, tuple[str, Sequence[int]]]:
    return {
        "tokens": ("<i4", ()),
        "states": ("<f2", (width,)),
        "top_tokens": ("<i4", (TOP,)),
        "top_shares": ("<f2", (TOP,)),
    }


def _whole(index: Path, rows: int) -> Iterator[Answer]:
    """The answers of an index up to the first that is torn or lacks rows."""
    end = 0
    for line in index.read_text("utf-8", "replace").splitlines():
        try:
            answer = Answer(**json.loads(line))
        except (ValueError, TypeError):
            return
        end += answer.length
        if answer.start + answer.length != end or end > rows:
            return
        yield answer
