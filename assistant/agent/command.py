"""Run a command: bounded in time, output and memory, stopped with all its children, and confined where a
model proposed it."""

import contextlib
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import IO, Literal

import psutil

from assistant.agent.confine import Confinement
from assistant.agent.confine.environment import confined_environment
from assistant.agent.processes import (
    TERM_GRACE_S,
    descendants,
    end_group,
    kept,
    marked,
    memory_bytes,
    new_mark,
)

_log = logging.getLogger(__name__)
HEAD_BYTES = 16 * 1024
TAIL_BYTES = 48 * 1024
_POLL_S = 0.05
# Code that a model wrote may allocate without end: it is stopped while the machine still has room.
_MEMORY_SHARE = 0.8

Stopped = Literal["", "timeout", "memory", "cancelled"]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """`output` is stdout and stderr together, its middle cut out where there was a flood. `returncode`
    is as a shell tells it, 128 + n where signal n ended it; None where the command could not be started."""

    command: str
    returncode: int | None
    output: str
    seconds: float
    stopped: Stopped = ""

    @property
    def passed(self) -> bool:
        return self.returncode == 0 and not self.stopped

    def describe(self) -> str:
        """One line for a person."""
        match self.stopped:
            case "timeout":
                return f"did not end within {self.seconds:.0f} s and was stopped"
            case "memory":
                return "took most of the machine's memory and was stopped"
            case "cancelled":
                return "was cancelled"
            case _ if self.returncode is None:
                return "could not be started"
            case _:
                return "passed" if self.passed else f"failed (exit code {self.returncode})"


def run_command(
    command: str,
    folder: Path,
    *,
    timeout_s: float = 120.0,
    cancel: Event | None = None,
    confinement: Confinement | None = None,
) -> CommandResult:
    """Run `command` in a shell in `folder`, in a process group of its own, which ends with this process.
    Never raises for what it does.

    Without a `confinement` it is the user's own command and runs as in their shell; with one, also one
    that holds nothing, it sees no secrets in its environment."""
    started = time.monotonic()
    mark = new_mark()
    with (
        tempfile.TemporaryDirectory(prefix="coder-", ignore_cleanup_errors=True) as name,
        kept(_arguments(command, folder, confinement, temporary := Path(name).resolve())) as (
            arguments,
            lifeline,
        ),
    ):
        environment = confined_environment(os.environ, temporary) if confinement else os.environ
        try:
            wanted = command if os.name == "nt" and not confinement else arguments
            process = _start(wanted, folder, {**environment, **mark}, lifeline)
        except OSError as error:
            return CommandResult(command, None, str(error), 0.0)
        assert process.stdout is not None
        output = _Bounded(process.stdout)
        stopped: Stopped = "cancelled"
        try:
            stopped = _wait(process, started + timeout_s, cancel or Event())
        finally:
            children = [*descendants(process.pid), *marked(mark)]
            end_group(process.pid, children, lambda: process.poll() is not None)
            process.wait()
            output.finish()
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    result = CommandResult(command, code, output.text(), time.monotonic() - started, stopped)
    _log.info("a command %s, after %.1f s", result.describe(), result.seconds)
    return result


def _arguments(command: str, folder: Path, confinement: Confinement | None, temporary: Path) -> list[str]:
    if confinement:
        return confinement.wrap(command, folder, temporary)
    return ["/bin/sh", "-c", command]


def _start(
    arguments: str | Sequence[str], folder: Path, environment: Mapping[str, str], lifeline: Sequence[int]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        arguments,
        shell=isinstance(arguments, str),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=lifeline,
        # Two tries within a second would otherwise share one stale .pyc file.
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def _wait(process: subprocess.Popen[bytes], deadline: float, cancel: Event) -> Stopped:
    """Until the command ends or has to be stopped."""
    allowed = psutil.virtual_memory().available * _MEMORY_SHARE
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_S)
            return ""
        if cancel.is_set():
            return "cancelled"
        if time.monotonic() > deadline:
            return "timeout"
        if memory_bytes(process.pid) > allowed:
            return "memory"


class _Bounded:
    """Reads a pipe to its end in a thread and keeps its beginning and its end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(ValueError, OSError):
            while chunk := os.read(self._pipe.fileno(), 65536):
                room = HEAD_BYTES - len(self._head)
                self._head += chunk[:room]
                self._tail += chunk[room:]
                excess = len(self._tail) - TAIL_BYTES
                if excess > 0:
                    del self._tail[:excess]
                    self._dropped += excess

    def finish(self) -> None:
        """A child that left the group may hold the pipe open: do not wait for it."""
        self._thread.join(TERM_GRACE_S)
        if not self._thread.is_alive():
            self._pipe.close()

    def text(self) -> str:
        cut = f"\n… {self._dropped} bytes cut out …\n".encode() if self._dropped else b""
        whole = bytes(self._head) + cut + bytes(self._tail)
        return whole.decode("utf-8", "replace").replace("\r\n", "\n")
