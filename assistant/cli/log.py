"""The log: what coder did, when and how it ended, in a file that rotates. It holds nobody's text: no prompt,
no answer, nothing of a file, a command or an error's message, but for `--debug`, which tells all on stderr.

Modules log by `logging.getLogger(__name__)`; this is the one place where it is decided what becomes of it.
"""

import contextlib
import logging
import sys
import traceback
from copy import copy
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from assistant.catalog.locations import log_folder
from assistant.visible import visible

FILE = "coder.log"
_MOST_BYTES, _KEPT = 500_000, 3
_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_Raised = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | bool | None
)


def log_file() -> Path:
    return log_folder() / FILE


def log_files() -> list[Path]:
    """The log with what it was before it rotated, the oldest first."""
    return [*(log_folder() / f"{FILE}.{number}" for number in range(_KEPT, 0, -1)), log_file()]


def start_log(*, debug: bool, screen: bool = False) -> None:
    """Log to the file; with `debug` also all there is to stderr, or to the file where the app has the
    `screen`. Where the file cannot be written there is none, and the work goes on."""
    stop_log()
    ours = logging.getLogger("assistant")
    ours.propagate = False
    ours.setLevel(logging.DEBUG if debug else logging.INFO)
    logging.raiseExceptions = False
    with contextlib.suppress(OSError):
        log_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        file = _Private(log_file(), maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True)
        file.setFormatter(_Told(_LINE) if debug and screen else _Silent(_LINE))
        file.setLevel(logging.DEBUG if debug and screen else logging.INFO)
        ours.addHandler(file)
    if debug and not screen:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(_Told(_LINE))
        ours.addHandler(shown)


def stop_log() -> None:
    """Close what is open. What found no room is not written now either."""
    ours = logging.getLogger("assistant")
    for handler in list(ours.handlers):
        ours.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()


class _Private(RotatingFileHandler):
    """Its files are the user's alone."""

    def _open(self) -> "logging.io.TextIOWrapper":  # type: ignore[name-defined]
        stream = super()._open()
        with contextlib.suppress(OSError):
            Path(self.baseFilename).chmod(0o600)
        return stream


class _Told(logging.Formatter):
    """Tracebacks whole, and nothing that a terminal obeys."""

    def format(self, record: logging.LogRecord) -> str:
        own = copy(record)
        own.exc_text = None  # another formatter may have left its own there
        return visible(super().format(own))


class _Silent(_Told):
    """Of an error its kind and where it was raised: its message may quote a file, or what the user wrote."""

    def formatException(self, raised: _Raised) -> str:  # noqa: N802
        if not isinstance(raised, tuple) or raised[1] is None:
            return ""
        lines = []
        error: BaseException | None = raised[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            places = " < ".join(
                f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in reversed(frames)
            )
            lines.append(f"  {type(error).__name__} at {places}")
            error = error.__cause__ or error.__context__
        return "\n".join(lines)
