"""`coder` as a process of its own, and in this one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from assistant.cli.main import app

COMMAND = [sys.executable, "-c", "from assistant.cli.main import main; main()"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def coder(*args: str, answer: str = "") -> Ran:
    """Run it in this process, `answer` being what the user types."""
    result = CliRunner().invoke(app, args, input=answer)
    return Ran(result.exit_code, result.stdout, result.stderr)


def start_coder(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )


@contextmanager
def coder_home_at(folder: Path) -> Iterator[None]:
    """What this process does in coder's name is done there."""
    before = os.environ.get("CODER_HOME")
    os.environ["CODER_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("CODER_HOME")
        if before is not None:
            os.environ["CODER_HOME"] = before


def heed_signals() -> None:
    """Where the tests run in the background some are ignored, and a child would inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def run_coder(*args: str) -> Ran:
    """Run it as a process, with no terminal."""
    process = start_coder(*args)
    out, err = process.communicate(timeout=30)
    return Ran(process.returncode, out, err)
