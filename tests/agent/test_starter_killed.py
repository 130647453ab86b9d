"""Whoever started a command is killed: all that the command started ends with it."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from assistant.agent.confine import UNCONFINED, Confinement
from tests.agent.test_confine import FOUND

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what left its parents lives on")

_PATIENCE_S = 60.0
_STARTER = """
import sys
from pathlib import Path
from assistant.agent.command import run_command
from assistant.agent.confine import Confinement
run_command(sys.argv[1], Path(sys.argv[2]), timeout_s=600, confinement={way!r})
"""
_BY_ITSELF = (
    "import os, sys; os.fork() and os._exit(0); os.setsid(); os.execvp('sleep', ['sleep', sys.argv[1]])"
)


def sleeping(seconds: str) -> list[int]:
    """The running processes that sleep for that long."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["cmdline"] == ["sleep", seconds] and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    "way", [*FOUND, UNCONFINED, None], ids=lambda way: way and f"{way.kind}, {way.namespaces}"
)
def test_nothing_outlives_a_killed_starter(way: Confinement | None, tmp_path: Path) -> None:
    seconds = f"600.{os.getpid()}{time.monotonic_ns()}"
    by_itself = shlex.join([sys.executable, "-c", _BY_ITSELF, seconds])
    command = f"trap '' TERM HUP; {by_itself}; (sleep {seconds} & sleep {seconds}) & sleep {seconds}"
    starter = subprocess.Popen([sys.executable, "-c", _STARTER.format(way=way), command, str(tmp_path)])
    try:
        assert eventually(lambda: len(sleeping(seconds)) == 4)
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        assert eventually(lambda: not sleeping(seconds))
    finally:
        starter.kill()
        for pid in sleeping(seconds):
            os.kill(pid, signal.SIGKILL)
