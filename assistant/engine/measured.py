"""What was measured on this machine, kept: one small JSON file for each model file, profile and library."""

import contextlib
import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from assistant.engine.llama import Context, devices

# A measurement counts if the threads had a CPU for this share of its time.
_RAN = 0.8

Origin = Literal["stored", "first use", "damaged", "another machine", "disturbed"]


class Measured:
    """The file in `folder` of what was measured with `context` and the files at `beside`."""

    def __init__(self, folder: Path, context: Context, *beside: Path) -> None:
        self._path = folder / f"{_key(context, beside)}.json"

    def read(self) -> tuple[dict[str, Any] | None, Origin]:
        """What was written on this machine, or None and why there is nothing."""
        try:
            stored = json.loads(self._path.read_text())
            machine = stored.pop("machine")
        except (FileNotFoundError, NotADirectoryError):
            return None, "first use"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None, "damaged"
        return (stored, "stored") if machine == _machine() else (None, "another machine")

    def write(self, values: Mapping[str, Any]) -> None:
        """Keep `values`. A folder that cannot be written costs the measurement each time, and no more."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False) as file:
                temporary = Path(file.name)
                try:
                    json.dump({"machine": _machine(), **values}, file)
                    file.close()
                    temporary.replace(self._path)
                finally:
                    temporary.unlink(missing_ok=True)


class Quiet:
    """From when it is made: whether `threads` threads had a CPU nearly all of the time."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    @property
    def disturbed(self) -> bool:
        """Whether the machine had other work. On a GPU the threads' time says nothing."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        ran = cpu / (wall * self._threads)
        return ran < _RAN and not any(device.kind != "cpu" for device in devices())


def _machine() -> str:
    accelerators = [device.description for device in devices() if device.kind != "cpu"]
    return " ".join([platform.node(), platform.machine(), str(os.cpu_count()), *accelerators])


def _key(context: Context, beside: tuple[Path, ...]) -> str:
    profile = replace(context.options, n_ctx=0, threads=context.threads)
    parts = (
        *_identity(context.model.path),
        context.model.gpu_layers,
        profile,
        version("llama-cpp-python"),
        *(part for path in beside for part in _identity(path)),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _identity(path: Path) -> tuple[str, int, int]:
    file = path.stat()
    return path.name, file.st_size, file.st_mtime_ns
