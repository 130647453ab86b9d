"""Run a command, and end all that it started once whoever wanted it is gone, however that came to its end.

Usage: keeper.py LIFELINE COMMAND ARGUMENT..., where LIFELINE is the descriptor of a pipe's reading end: the
other end is held by the one who waits for the command, and by nobody else. That it closes is true of a
process, not of the thread that began it, and cannot be missed. Ends as the command does.

On Linux what has left its parents, its group and its session comes to the keeper, which ends that too; on
other systems those that have left their parents and the group live on.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

_PR_SET_CHILD_SUBREAPER = 36
_POLL_S = 0.01
# Those that a person or coder sends to the whole group: the command decides what they mean.
_FOR_THE_COMMAND = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Python itself ignores these.
_AS_USUAL = (*_FOR_THE_COMMAND, signal.SIGPIPE, signal.SIGXFSZ)


def main(arguments: list[str]) -> None:
    lifeline, *command = arguments
    os.set_inheritable(int(lifeline), False)
    if sys.platform == "linux":
        _take_in_orphans()
    for number in _FOR_THE_COMMAND:
        signal.signal(number, signal.SIG_IGN)
    try:
        started = os.posix_spawnp(command[0], command, os.environ, setsigdef=_AS_USUAL)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)
    os.closerange(0, 3)  # who reads from the command is to see when it closes them
    alone = threading.Event()
    threading.Thread(target=_watch, args=(int(lifeline), alone), daemon=True).start()
    with contextlib.suppress(ChildProcessError):  # nobody is left
        while True:
            ended, status = os.wait()
            if ended == started and not alone.is_set():
                _end_like(os.waitstatus_to_exitcode(status))


def _take_in_orphans() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, *map(ctypes.c_ulong, (1, 0, 0, 0)))


def _watch(lifeline: int, alone: threading.Event) -> None:
    while os.read(lifeline, 1):
        pass
    alone.set()
    while True:
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if sys.platform != "linux":  # the end of the keeper too
            os.killpg(0, signal.SIGKILL)
        time.sleep(_POLL_S)


def _descendants(pid: int) -> list[int]:
    parents = dict(_on_linux() if sys.platform == "linux" else _by_ps())
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _on_linux() -> Iterator[tuple[int, int]]:
    """Each process with its parent."""
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - pathlib is slow to load
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
            yield int(name), int(file.read().rpartition(b")")[2].split()[1])


def _by_ps() -> Iterator[tuple[int, int]]:
    with os.popen("ps -axo pid=,ppid=") as listed:
        for line in listed:
            child, parent = line.split()
            yield int(child), int(parent)


def _end_like(code: int) -> None:
    """With the command's exit code, or by the signal that ended it."""
    if code < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # SIGKILL has no action to restore
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
