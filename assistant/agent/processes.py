"""A process with all that it started: how much memory it holds, and how it is ended for certain."""

import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

TERM_GRACE_S = 1.0
# In the environment of all that a process starts, also of what has left its group and lost its parent.
_MARK = "CODER_STARTED"
_POLL_S = 0.01
_KEEPER = Path(__file__).with_name("keeper.py")


@contextlib.contextmanager
def kept(command: Sequence[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The arguments that run `command` so that it ends once this process has ended, be it by SIGKILL, and
    the descriptors to pass on to it. It has to end before the context does."""
    if os.name != "posix":
        yield list(command), ()
        return
    lifeline, ours = os.pipe()
    try:
        yield [sys.executable, "-I", "-S", str(_KEEPER), str(lifeline), *command], (lifeline,)
    finally:
        os.close(lifeline)
        os.close(ours)


def descendants(pid: int) -> list[psutil.Process]:
    """What the process started, and what that started in turn."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def new_mark() -> dict[str, str]:
    """What to put into the environment of a process, so that `marked` finds all that it starts."""
    return {_MARK: secrets.token_hex(8)}


def marked(mark: Mapping[str, str]) -> list[psutil.Process]:
    """The running processes that have `mark` in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_MARK) == mark[_MARK]:
                found.append(process)
    return found


def memory_bytes(pid: int) -> int:
    """What the process and its descendants hold."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for process in (psutil.Process(pid), *descendants(pid)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def end_group(pid: int, children: Sequence[psutil.Process], has_ended: Callable[[], bool]) -> None:
    """End what is left of the process group `pid`, politely and then not, and those `children` that have
    left the group. `has_ended` tells of the process itself."""
    _signal(pid, children, signal.SIGTERM)
    deadline = time.monotonic() + TERM_GRACE_S
    while (not has_ended() or any(map(_is_alive, children))) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    _signal(pid, children, getattr(signal, "SIGKILL", signal.SIGTERM))


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _signal(pid: int, children: Sequence[psutil.Process], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
        if hasattr(os, "killpg"):
            os.killpg(pid, number)
        else:
            psutil.Process(pid).send_signal(number)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.send_signal(number)
