"""What `powermetrics` says of Apple's chips, added up. It runs for root alone: `sudo coder bench`."""

import os
import platform
import re
import shutil
import subprocess
import time
from threading import Lock, Thread

_COMBINED = re.compile(r"^Combined Power \(CPU \+ GPU \+ ANE\): (\d+) mW")
_INTERVAL_MS = 200


class PowerMetrics:
    """Runs `program` until it is closed; its power counts from one sample to the next."""

    sources: tuple[str, ...] = ("powermetrics",)

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [program, "--samplers", "cpu_power,gpu_power", "-i", str(_INTERVAL_MS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = Lock()
        self._joules = 0.0
        self._watts: float | None = None
        self._at = time.monotonic()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def joules(self) -> float:
        with self._lock:
            self._advance()
            return self._joules

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                if found := _COMBINED.match(line):
                    with self._lock:
                        self._watts = int(found[1]) / 1000
                        self._advance()

    def _advance(self) -> None:
        now = time.monotonic()
        self._joules += (self._watts or 0.0) * (now - self._at)
        self._at = now


def open_powermetrics() -> PowerMetrics | None:
    """None on other systems, without the program, and for others than root."""
    if platform.system() != "Darwin" or os.geteuid() != 0:
        return None
    program = shutil.which("powermetrics")
    return PowerMetrics(program) if program else None
