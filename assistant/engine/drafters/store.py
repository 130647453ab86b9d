"""Earlier answers in one repository, on disk as token ids, so that what was written before is drafted again.

A file holds the answers of one vocabulary, the latest last, and never more than its limit: the
oldest go first. It is replaced as a whole, under a lock, so that no reader sees half of it and no
process loses what another one added. It is a cache: where it cannot be read or written, a note
says so and everything goes on without it.
"""

import hashlib
import tempfile
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from assistant.engine.llama import Model

DEFAULT_LIMIT_BYTES = 1 << 20
_MAGIC = b"coder answers 1\n"
_NUMBER = np.dtype("<i4")
_ID_BYTES = _NUMBER.itemsize
_LOCK_S = 5.0
_SAMPLED_TOKENS = 512


class AnswerStore:
    """Answers in the file `path` of at most `limit_bytes`; ids are below `n_vocab`.

    `notes` are messages for the user: what went wrong and what was done about it."""

    def __init__(self, path: Path, n_vocab: int, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        self.notes: list[str] = []
        self._n_vocab = n_vocab

    @property
    def limit_tokens(self) -> int:
        return self.limit_bytes // _ID_BYTES

    def load(self) -> list["array[int]"]:
        """All answers, the oldest first; none where there is no readable file."""
        if not self.path.exists():
            return []
        try:
            with self._lock():
                return self._read()
        except (OSError, Timeout) as error:
            self.notes.append(f"Earlier answers in {self.path} cannot be read: {error}.")
            return []

    def add(self, answer: Sequence[int]) -> None:
        """Keep `answer` as the latest, cut at the limit. One that was there already only moves to the end."""
        ids = array("i", answer[: (self.limit_bytes - len(_MAGIC)) // _ID_BYTES - 2])
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock():
                self._write([*(known for known in self._read() if known != ids), ids])
        except (OSError, Timeout) as error:
            self.notes.append(f"The answer is not kept for drafting, {self.path} cannot be written: {error}.")

    def _lock(self) -> FileLock:
        return FileLock(self.path.with_suffix(".lock"), timeout=_LOCK_S, mode=0o600)

    def _read(self) -> list["array[int]"]:
        try:
            return _decode(self.path.read_bytes(), self._n_vocab)
        except FileNotFoundError:
            return []
        except ValueError as error:
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            self.notes.append(
                f"The file of earlier answers {self.path} is damaged ({error}). "
                f"It was moved to {aside.name}, and a new one is begun."
            )
            return []

    def _write(self, answers: Sequence["array[int]"]) -> None:
        kept = len(answers)
        size = len(_MAGIC) + _ID_BYTES
        while kept and size + _size(answers[kept - 1]) <= self.limit_bytes:
            kept -= 1
            size += _size(answers[kept])
        # A temporary file can be read by its owner alone, and so can what it is renamed to.
        with tempfile.NamedTemporaryFile(dir=self.path.parent, delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(_encode(answers[kept:]))
                file.close()
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)


def store_path(folder: Path, repository: Path, model: Model) -> Path:
    """The file in `folder` for answers in `repository` by models with the vocabulary of `model`."""
    place = hashlib.sha256(str(repository.resolve()).encode()).hexdigest()[:16]
    return folder / f"{place}-{vocabulary_fingerprint(model)}.ids"


def vocabulary_fingerprint(model: Model) -> str:
    """Equal for models whose token ids mean the same. Tokens are sampled, for speed: vocabularies
    of one size differ in more than a few."""
    step = max(1, model.n_vocab // _SAMPLED_TOKENS)
    shown = "\0".join(model.token_text(token) for token in range(0, model.n_vocab, step))
    return hashlib.sha256(f"{model.n_vocab}\0{shown}".encode()).hexdigest()[:16]


def _size(answer: Sequence[int]) -> int:
    return _ID_BYTES * (len(answer) + 1)


def _encode(answers: Sequence["array[int]"]) -> bytes:
    """The magic line, for each answer its length and its ids, and a checksum of it all."""
    numbers = [number for ids in answers for number in (len(ids), *ids)]
    body = np.array(numbers, dtype=_NUMBER).tobytes()
    return _MAGIC + body + zlib.crc32(body).to_bytes(_ID_BYTES, "little")


def _decode(data: bytes, n_vocab: int) -> list["array[int]"]:
    """The answers in `data`. Raises ValueError, with the reason, for anything but what `_encode` wrote."""
    body, checksum = data[len(_MAGIC) : -_ID_BYTES], data[-_ID_BYTES:]
    if not data.startswith(_MAGIC):
        raise ValueError("it is no such file")
    if len(body) % _ID_BYTES or zlib.crc32(body).to_bytes(_ID_BYTES, "little") != checksum:
        raise ValueError("its checksum is wrong")
    numbers = np.frombuffer(body, dtype=_NUMBER)
    answers, at = [], 0
    while at < len(numbers):
        ids = numbers[at + 1 : at + 1 + numbers[at]]
        if len(ids) != numbers[at] or (len(ids) and not 0 <= ids.min() <= ids.max() < n_vocab):
            raise ValueError("it holds token ids that the model does not have")
        answers.append(array("i", ids.tolist()))
        at += 1 + len(ids)
    return answers
