"""Sessions: every event on disk as it happens, so that work can be gone on with, also after a kill.

One file a session, one JSON document a line. A line that was cut off by a kill, or damaged, is passed over.
Beside it stands where the KV state of its conversation is, while that is on disk, and the name that the user
gave it.
"""

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.agent.events import AgentEvent, as_json
from assistant.catalog.locations import data_folder
from assistant.chat.generator import KeptState
from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.atomic import replace_file

# By which the clock of a disk in the network may be ahead of ours.
_SKEW_S = 3600.0
_RELIED_ON: Mapping[str, Mapping[str, type]] = {
    "started": {"task": str, "model": str},
    "reply": {"text": str, "finish": str},
    "observed": {"text": str, "brief": str},
    "outcome": {"status": str},
    "rewound": {"tasks": int},
}


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """`task` is the first one, `steps` are the answers of the model; `status` is empty while it is under
    way, or where it was killed. `time` is when it was last written to, in seconds since the epoch.
    `state_bytes` are those of its KV state on disk, 0 where that is not there: then going on with it reads
    its prompt again. `name` is the user's for it."""

    id: str
    task: str
    model: str
    status: str
    steps: int
    time: float
    state_bytes: int = 0
    name: str = ""

    @property
    def title(self) -> str:
        """The user's name for it, else its task, on one line."""
        return self.name or " ".join(self.task.split())


class Session:
    """A session that is written to. Another process cannot go on with it meanwhile."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock, Timeout

        self.path = path
        self.id = path.stem
        self._lock = FileLock(path.with_suffix(".lock"), thread_local=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            whole = not path.exists() or path.read_bytes()[-1:] in (b"\n", b"")
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            if not whole:
                os.write(self._file, b"\n")
        except Timeout:
            raise RefusedError(f"Session {self.id} is being worked on by another coder.") from None
        except OSError as error:
            raise CoderError(
                f"The session cannot be kept in {path.parent}: {error.strerror or error}.",
                hint="Set CODER_HOME to a folder that can be written.",
            ) from error

    def append(self, event: AgentEvent) -> None:
        """The event is on disk when this returns. Raises CoderError."""
        document = as_json(event)
        if document is None:
            return
        line = json.dumps(document, default=str).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        except OSError as error:
            raise CoderError(
                f"The session cannot be kept: {error.strerror or error}.",
                hint=f"What was written stays. Make room, then go on: coder run --resume {self.id}",
            ) from error

    def keep(self, kept: KeptState) -> None:
        """Remember where its KV state is. Raises CoderError."""
        document = {"state": str(kept.state), "prompt": kept.prompt, "prompt_tokens": kept.prompt_tokens}
        try:
            replace_file(_kept_path(self.path), json.dumps(document).encode(), 0o600)
        except OSError as error:
            raise CoderError(f"The session's state cannot be kept: {error.strerror or error}.") from error

    @property
    def kept(self) -> KeptState | None:
        """Where its KV state is; it may have been deleted to make room for others."""
        return _kept(self.path)

    def delete(self) -> None:
        """Delete it, with its KV state. Raises CoderError."""
        kept = self.kept
        try:
            self.path.unlink()
            _kept_path(self.path).unlink(missing_ok=True)
            _name_path(self.path).unlink(missing_ok=True)
            if kept:
                kept.state.unlink(missing_ok=True)
            Path(self._lock.lock_file).unlink(missing_ok=True)  # its name does not come again
        except OSError as error:
            raise CoderError(f"Session {self.id} cannot be deleted: {error.strerror or error}.") from error

    def close(self) -> None:
        """The lock's file stays: were it deleted, two processes could hold locks on two files of its name."""
        os.close(self._file)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Sessions:
    """The sessions of one repository or folder."""

    def __init__(self, root: Path, *, folder: Path | None = None) -> None:
        key = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
        self._folder = (folder or data_folder() / "sessions") / key

    def new(self) -> Session:
        return Session(self._new_path())

    def resume(self, id: str) -> tuple[Session, list[dict[str, Any]]]:
        """The session `id`, or the `last`, and its events so far, without what was forgotten. Raises
        UsageError, RefusedError."""
        path = self._path(id)
        session = Session(path)
        return session, _remembered(_events(path))

    def find(self, id: str) -> SessionRecord:
        """The session `id`, or the `last`. Raises UsageError."""
        records = self.all()
        chosen = records[:1] if id == "last" else [record for record in records if record.id == id]
        if not chosen:
            raise UsageError(f"There is no session {id} here.", hint="coder sessions lists them.")
        return chosen[0]

    def events(self, id: str) -> list[dict[str, Any]]:
        """All that happened in a session, also while it is being worked on. Raises UsageError."""
        return list(_events(self._path(id)))

    def rename(self, id: str, name: str) -> None:
        """Give a session a name of the user's own, also while it is being worked on; an empty one takes the
        name away. Raises UsageError, CoderError."""
        path = _name_path(self._path(id))
        with _writing("The session cannot be renamed"):
            if name := " ".join(name.split()):
                replace_file(path, name.encode("utf-8", "replace"), 0o600)
            else:
                path.unlink(missing_ok=True)

    def fork(self, id: str) -> SessionRecord:
        """A copy of a session as it is now, to go on with apart from it. Raises UsageError, CoderError."""
        record = self.find(id)
        original, copy = self._path(record.id), self._new_path()
        with _writing("The session cannot be copied"):
            events, _, _ = original.read_bytes().rpartition(b"\n")
            kept = _kept_path(original)
            if kept.exists():
                replace_file(_kept_path(copy), kept.read_bytes(), 0o600)
            replace_file(copy, events + b"\n", 0o600)
        self.rename(copy.stem, f"{record.title} (fork)")
        return self.find(copy.stem)

    def all(self) -> list[SessionRecord]:
        """The latest first. What is dated in the future was written under a clock that was wrong, and comes
        after the others, for it would be the latest for years."""
        found = []
        for path in self._folder.glob("*.jsonl"):
            with contextlib.suppress(OSError):
                found.append(_record(path))
        ahead = time.time() + _SKEW_S
        return sorted(found, key=lambda each: (each.time <= ahead, each.time, each.id), reverse=True)

    def _path(self, id: str) -> Path:
        return self._folder / f"{self.find(id).id}.jsonl"

    def _new_path(self) -> Path:
        return self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.jsonl"


def _remembered(events: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the tasks that were forgotten again."""
    kept: list[dict[str, Any]] = []
    for event in events:
        if event["event"] == "rewound":
            starts = [at for at, each in enumerate(kept) if each["event"] == "started"]
            del kept[min(starts[-event["tasks"] :], default=0) :]
        else:
            kept.append(event)
    return kept


def _record(path: Path) -> SessionRecord:
    task = model = status = ""
    steps = 0
    for event in _events(path):
        match event["event"]:
            case "started":
                task, model, status = task or event["task"], event["model"], ""
            case "reply":
                steps += 1
            case "outcome":
                status = event["status"]
    written = path.stat().st_mtime
    return SessionRecord(path.stem, task, model, status, steps, written, _state_bytes(path), _name(path))


def _kept_path(session: Path) -> Path:
    return session.with_suffix(".kept")


def _name_path(session: Path) -> Path:
    return session.with_suffix(".name")


def _name(session: Path) -> str:
    try:
        return _name_path(session).read_text("utf-8")
    except (OSError, ValueError):
        return ""


@contextlib.contextmanager
def _writing(failed: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CoderError(f"{failed}: {error.strerror or error}.") from error


def _kept(session: Path) -> KeptState | None:
    try:
        document = json.loads(_kept_path(session).read_text("utf-8"))
        return KeptState(Path(document["state"]), str(document["prompt"]), int(document["prompt_tokens"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _state_bytes(session: Path) -> int:
    kept = _kept(session)
    with contextlib.suppress(OSError):
        return kept.state.stat().st_size if kept else 0
    return 0


def _events(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if _is_event(event):
                yield event


def _is_event(document: object) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("event"), str):
        return False
    relied_on = _RELIED_ON.get(document["event"], {})
    return all(isinstance(document.get(key), kind) for key, kind in relied_on.items())
