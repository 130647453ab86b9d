"""The app in a terminal of its own: first paint, key to screen while a model writes, memory.

    python -m tests.benchmarks.app [MESSAGES ...]

A process shows the app on a pseudo-terminal with a scripted model that writes without end behind so many
earlier messages; another types and waits for what comes out. CPU time is told too: it depends less on what
else the machine does.
"""

import asyncio
import os
import pty
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread

import psutil
from textual.widget import Widget

from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.record import Record
from assistant.tui.turns import Turns
from assistant.tui.user_message import UserMessage
from tests.scripted import ScriptedGenerator

_SIZE = (40, 120)
_KEYS = 100
_FILLED = "FILLED"


def main() -> None:
    if sys.argv[1:2] == ["--show"]:
        show(int(sys.argv[2]))
        return
    counts = list(map(int, sys.argv[1:])) or [0, 20, 500, 5000]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "CODER_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        paints = [_first_paint(environment) for _ in range(5)]
        wall, cpu = (statistics.median(each) for each in zip(*paints, strict=True))
        print(f"first paint         {wall:6.2f} s, of these {cpu:.2f} s of CPU; medians of {len(paints)}")
        for count in counts:
            terminal = Terminal(
                [sys.executable, "-m", "tests.benchmarks.app", "--show", str(count)], environment
            )
            try:
                terminal.wait_for(_FILLED.encode(), 900)
                filled = _cpu(terminal.pid) - cpu
                terminal.write(b"talk\r")
                terminal.wait_for(b"tok/s", 30)
                time.sleep(2)
                began, used = time.perf_counter(), _cpu(terminal.pid)
                time.sleep(10)
                writing = (_cpu(terminal.pid) - used) / (time.perf_counter() - began)
                times = sorted(terminal.key_to_screen(number) for number in range(_KEYS))
                middle, late = statistics.median(times), times[int(0.95 * len(times))]
                memory = psutil.Process(terminal.pid).memory_info().rss
                print(
                    f"{count:5,} messages      key to screen {middle * 1000:4.0f} ms median,"
                    f" {late * 1000:4.0f} ms p95; {writing:.0%} of a core; {memory / 1e6:.0f} MB"
                    + (f"; {filled / count * 1000:.1f} ms of CPU to add one" if count else "")
                )
            finally:
                terminal.close()


def show(messages: int) -> None:
    """The app with so many messages, and a model that writes some 100 tokens a second."""
    generator = ScriptedGenerator(
        "".join(map(_part, range(2000))),
        piece_chars=14,
        pause_s=0.04,
        context_tokens=1_000_000,
        tool_format=None,
    )
    app = CoderApp(Workspace(Path.cwd(), is_git=True), lambda report, tell: generator)

    async def fill() -> None:
        turns = app.query_one(Turns)
        turns.anchor()
        for number in range(messages):
            message: Widget = UserMessage(f"question {number}")
            if number % 2:
                message = AssistantMessage.past(Record("model", _part(number), "told"))
            await turns.add(message)
            if number % 20 == 0:
                await asyncio.sleep(0.02)
        app.title = _FILLED
        app.notify(_FILLED, timeout=0.5)

    starter = os.getppid()

    def end_with_the_starter() -> None:
        if os.getppid() != starter:
            app.exit()

    app.call_later(fill)
    app.call_later(app.set_interval, 1.0, end_with_the_starter)
    app.run()


def _part(number: int) -> str:
    """Of an answer: no two are the same, for a model that repeats itself is stopped."""
    words = " ".join(str(number * each % 9973) for each in range(7, 19))
    return f"A **paragraph** with `code` and {words}.\n\n- a list {words}\n\n```python\nx = {number}\n```\n\n"


class Terminal:
    """A process on a pseudo-terminal, all of whose output is read at once."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        ours, theirs = pty.openpty()
        _set_size(theirs)
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self._file = ours
        self._seen = b""
        self._more = Condition()
        Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, keys: bytes) -> None:
        os.write(self._file, keys)

    def wait_for(self, text: bytes, patience_s: float) -> None:
        """Until `text` is in what came since the last call."""
        with self._more:
            if not self._more.wait_for(lambda: text in _drawn(self._seen), patience_s):
                raise TimeoutError(self._seen[-2000:])
            self._seen = b""

    def key_to_screen(self, number: int) -> float:
        """Seconds until a letter that was typed is drawn."""
        time.sleep(0.02 + 0.013 * (number % 7))
        letter = b"QZXJ"[number % 4 : number % 4 + 1]  # none of these is in the answer
        with self._more:
            self._seen = b""
        began = time.perf_counter()
        self.write(letter)
        self.wait_for(letter, 10)
        took = time.perf_counter() - began
        self.write(b"\x7f")
        return took

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._file)

    def _read(self) -> None:
        with suppress(OSError):
            while some := os.read(self._file, 65536):
                with self._more:
                    self._seen = self._seen[-100_000:] + some
                    self._more.notify()


def _drawn(output: bytes) -> bytes:
    """Without the sequences that control the terminal."""
    return re.sub(rb"\x1b\[[0-9;?<>=]*[A-Za-z]", b"", output)


def _first_paint(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from the start of `coder` to its first screen, by the clock and of CPU."""
    began = time.perf_counter()
    terminal = Terminal([sys.executable, "-c", "from assistant.cli.main import main; main()"], environment)
    try:
        terminal.wait_for(b"A local model in this terminal", 60)
        return time.perf_counter() - began, _cpu(terminal.pid)
    finally:
        terminal.close()


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _set_size(file: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))


if __name__ == "__main__":
    main()
