"""Energy counters of processors and GPUs, where the machine has some that may be read."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from assistant.bench.energy_mac import open_powermetrics

_POWERCAP = Path("/sys/class/powercap")


class Meter(Protocol):
    """`sources` are what is metered, in words."""

    sources: tuple[str, ...]

    def joules(self) -> float:
        """Energy used since some moment that stays the same."""
        ...

    def close(self) -> None: ...


class _Counter:
    """A counter that begins anew after `wraps_at` of its units, which are `unit_j` joules."""

    def __init__(
        self, name: str, read: Callable[[], int], unit_j: float, wraps_at: int | None = None
    ) -> None:
        self.name = name
        self._read, self._unit_j, self._wraps_at = read, unit_j, wraps_at
        self._last = read()
        self._units = 0

    def joules(self) -> float:
        now = self._read()
        if now < self._last:  # else it wrapped around, or the driver was loaded anew
            self._last -= self._wraps_at if self._wraps_at else self._last - now
        self._units += now - self._last
        self._last = now
        return self._units * self._unit_j


class _Counters:
    def __init__(self, counters: Sequence[_Counter]) -> None:
        self._counters = counters
        self.sources = tuple(counter.name for counter in counters)

    def joules(self) -> float:
        return sum(counter.joules() for counter in self._counters)

    def close(self) -> None: ...


def open_meter(powercap: Path = _POWERCAP) -> Meter | None:
    """Intel's and AMD's RAPL counters of whole packages, NVML's of GPUs where `nvidia-ml-py` is installed,
    and on a Mac `powermetrics`. None where there is none; a figure leaves out what has no counter."""
    counters = [*_packages(powercap), *_gpus()]
    return _Counters(counters) if counters else open_powermetrics()


@contextlib.contextmanager
def metering() -> Iterator[Meter | None]:
    """The meter, closed afterwards."""
    meter = open_meter()
    try:
        yield meter
    finally:
        if meter:
            meter.close()


def _packages(powercap: Path) -> list[_Counter]:
    """Only top zones: those below them are parts of these."""
    found = []
    for zone in sorted(powercap.glob("intel-rapl:*")):
        with contextlib.suppress(OSError, ValueError):  # since 2020 often readable by root alone
            name = (zone / "name").read_text().strip()
            if zone.name.count(":") == 1 and name.startswith("package"):
                wraps_at = int((zone / "max_energy_range_uj").read_text())
                found.append(_Counter(f"RAPL {name}", _reader(zone / "energy_uj"), 1e-6, wraps_at))
    return found


def _reader(file: Path) -> Callable[[], int]:
    return lambda: int(file.read_text())


def _gpus() -> list[_Counter]:
    try:
        import pynvml
    except ImportError:
        return []
    return _nvml_counters(pynvml)


def _nvml_counters(nvml: ModuleType | Any) -> list[_Counter]:
    found = []
    with contextlib.suppress(nvml.NVMLError):
        nvml.nvmlInit()
        for index in range(nvml.nvmlDeviceGetCount()):
            device = nvml.nvmlDeviceGetHandleByIndex(index)
            with contextlib.suppress(nvml.NVMLError):  # before Volta there is no such counter
                read = _millijoules(nvml, device)
                found.append(_Counter(f"NVML GPU {index}", read, 1e-3))
    return found


def _millijoules(nvml: ModuleType | Any, device: object) -> Callable[[], int]:
    return lambda: int(nvml.nvmlDeviceGetTotalEnergyConsumption(device))
