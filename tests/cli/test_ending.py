"""SIGTERM and SIGHUP: what coder started ends with it, and it says by its exit code why it ended."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.agent.agent_run import BUGGY, root
from tests.cli.coder import COMMAND, start_coder
from tests.remote.loopback import loopback_server

__all__ = ["root"]

_PATIENCE_S = 60.0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs these signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_command_under_way_is_ended(
    number: signal.Signals, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    started = root / "started"
    with loopback_server() as server:
        test = f"echo $$ > {started}.new; mv {started}.new {started}; sleep 600; true"
        process = start_coder("fix", "calc.py", "--yes", "--test", test, "--engine", server.url)
        deadline = time.monotonic() + _PATIENCE_S
        while not started.exists():
            assert process.poll() is None and time.monotonic() < deadline, process.communicate(timeout=1)
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 128 + number
    assert not psutil.pid_exists(int(started.read_text()))
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="needs this signal")
@pytest.mark.parametrize("arguments", [("sessions", "--json"), ("stats", "--json"), ("models",), ("--help",)])
def test_a_pipe_that_nobody_reads_is_no_failure(arguments: tuple[str, ...], root: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as nobody:  # noqa: PTH123 - of a descriptor
        ran = subprocess.run(
            [*COMMAND, *arguments], cwd=root, stdout=nobody, stderr=subprocess.PIPE, check=False, text=True
        )
    assert (ran.returncode, ran.stderr) == (141, "")
