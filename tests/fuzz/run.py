"""Run a target: a few fixed examples, new ones for some seconds, or such as reach new code."""

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, settings

from tests.fuzz import Property, make

# Staging starts git some fifty times for each example.
_EXAMPLES, _EXAMPLES_OF_STAGING = 15, 3
_EXAMPLES_A_ROUND = 25
_LONGEST_S = 5.0


def check_shortly(name: str, folder: Path) -> None:
    """The same examples every time."""
    short = settings(
        max_examples=_EXAMPLES_OF_STAGING if name == "staging" else _EXAMPLES,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    short(make(name, folder))()


@dataclass
class _Watched:
    """Counts what a property is run on, and the processor time that one example took at most."""

    examples: int = 0
    slowest_s: float = 0.0

    def watch(self, property: Property) -> Property:
        inner = property.hypothesis.inner_test  # type: ignore[attr-defined]
        property.hypothesis.inner_test = self._timed(inner)  # type: ignore[attr-defined]
        return property

    def _timed(self, check: Callable[..., None]) -> Callable[..., None]:
        @wraps(check)
        def timed(*values: Any, **named: Any) -> None:
            started = time.process_time()
            check(*values, **named)
            seconds = time.process_time() - started
            self.examples += 1
            self.slowest_s = max(self.slowest_s, seconds)
            assert seconds < _LONGEST_S, f"took {seconds:.1f} s"

        return timed


def fuzz(name: str, folder: Path, seconds: float, seed: int) -> bool:
    """Print what became of the target in about so many seconds, and return whether nothing failed."""
    watched, ends, first = _Watched(), time.monotonic() + seconds, seed
    failure = ""
    while not failure and time.monotonic() < ends:
        here = folder / str(seed)
        here.mkdir(parents=True)
        search = settings(
            max_examples=_EXAMPLES_A_ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            search(hypothesis.seed(seed)(watched.watch(make(name, here))))()
        except Exception:  # noqa: BLE001 - what is looked for
            failure = traceback.format_exc()
        seed += 1
    print(
        f"{name:10} {watched.examples:8,} examples, seeds {first} to {seed - 1}, the slowest took "
        f"{watched.slowest_s:.2f} s: {'FAILED' if failure else 'ok'}",
        flush=True,
    )
    print(failure, end="")
    return not failure


def fuzz_guided(name: str, folder: Path, seconds: float, seed: int) -> None:
    """Let atheris choose the examples by the code that they reach; ends the process."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris. Without --guided hypothesis chooses.")
    with atheris.instrument_imports(include=["assistant"]):
        property = settings(deadline=None, suppress_health_check=list(HealthCheck))(make(name, folder))
    arguments = [sys.argv[0], f"-max_total_time={seconds:.0f}", f"-seed={seed}"]
    atheris.Setup(arguments, property.hypothesis.fuzz_one_input)  # type: ignore[attr-defined]
    atheris.Fuzz()
