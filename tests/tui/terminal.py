"""`coder` in a tmux of its own: keys go in, and what is on the screen is read."""

import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE_S = 60
_CODER = [sys.executable, "-c", "from assistant.cli.main import main; main()"]


class Terminal:
    """Of `size` columns and rows, in `folder`. tmux listens on a socket in `sockets`; `arguments` go to
    coder."""

    def __init__(
        self,
        folder: Path,
        sockets: Path,
        environment: dict[str, str],
        size: tuple[int, int],
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._socket = str(sockets / "tmux")
        self._exit_code = sockets / "exit code"
        self._folder = folder
        self._environment = environment
        self._size = size
        self._command = [*_CODER, *arguments]

    def __enter__(self) -> Self:
        columns, rows = map(str, self._size)
        settings = [f"{name}={value}" for name, value in self._environment.items()]
        # Told by the shell: tmux may learn of the end of a program much later.
        told = f"echo $? > {shlex.quote(str(self._exit_code))}"
        command = f"{shlex.join(['env', *settings, *self._command])}; {told}"
        self._tmux("-f", "/dev/null", "start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";",
            "new-session", "-d", "-x", columns, "-y", rows, "-c", str(self._folder), command)  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    @property
    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def wait_for(self, *texts: str) -> None:
        """Until all of these are on the screen."""
        self.wait_until(lambda: all(text in self.screen for text in texts), f"{texts} on the screen")

    def wait_for_the_end(self) -> int:
        """Until the program has ended: its exit code."""
        self.wait_until(lambda: self._status, "its end")
        return int(self._status)

    def wait_until(self, what: Callable[[], object], called: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < deadline, f"waited for {called}:\n{self.screen}"
            time.sleep(0.1)

    @property
    def _status(self) -> str:
        return self._exit_code.read_text().strip() if self._exit_code.exists() else ""

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
