"""A program in a terminal of its own, and the ways in which it can be ended from outside."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.cli.coder import heed_signals

Way = Literal["SIGKILL", "SIGTERM", "SIGHUP", "closed terminal"]
WAYS: tuple[Way, ...] = ("SIGKILL", "SIGTERM", "SIGHUP", "closed terminal")
PATIENCE_S = 60.0
_ROWS, _COLUMNS = 40, 120
_POLL_S = 0.02


class Terminal:
    """Runs `arguments`; each key of `script` is typed once the screen has shown the text before it."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        script: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._script = list(script)
        self._unseen = b""
        self.shown = b""
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**environment, "TERM": "xterm-256color"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=_be_alone,
        )
        os.close(slave)

    def run_for(self, seconds: float) -> bool:
        """Let it run at most so long; whether it has ended."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            left = end - time.monotonic()
            if left <= 0:
                return False
            if self._master >= 0:
                self._read(min(left, _POLL_S))
            else:
                time.sleep(min(left, _POLL_S))
        return True

    def end(self, way: Way) -> None:
        """Returns at once; the program may take its time."""
        if way == "closed terminal":
            self._close()
        else:
            self.process.send_signal(getattr(signal, way))

    def _read(self, at_most_s: float) -> None:
        if not select.select([self._master], [], [], at_most_s)[0]:
            return
        with contextlib.suppress(OSError):  # nobody has the other end any more
            piece = os.read(self._master, 65536)
            self.shown += piece
            self._unseen += piece
            while self._script and self._script[0][0].encode() in self._unseen:
                self._unseen = b""
                os.write(self._master, self._script.pop(0)[1].encode())

    def _close(self) -> None:
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._close()


def _be_alone() -> None:
    """In the new process: the terminal's signals come to it, and none is ignored."""
    os.login_tty(0)
    heed_signals()
