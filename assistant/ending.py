"""The end that the system asks for: SIGTERM, SIGHUP from a closed terminal, a pipe that nobody reads."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

END_WITHIN_S = 10.0
_ENDED_BY_SIGPIPE = 141
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def when_told_to_end(end: Callable[[int], None], *, even_if_ignored: bool = False) -> None:
    """Call `end` with the number of the first such signal, in the main thread; later ones do not disturb it.
    In any case the program is over `END_WITHIN_S` seconds later. A signal that the program was started to
    ignore, as with nohup, is ignored, unless it is said otherwise."""

    def told(number: int, _: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        last = threading.Timer(END_WITHIN_S, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        end(number)

    if threading.current_thread() is threading.main_thread():
        for each in _SIGNALS:
            if even_if_ignored or signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, told)


def leave(number: int) -> None:
    """Unwind the program as Ctrl-C does: commands are stopped, locks given back, files are whole."""
    raise SystemExit(128 + number)


def read_no_more() -> int:
    """Nobody reads what we write, as with `| head`: write to nowhere from here on. Gives the exit code that a
    shell tells of a program which SIGPIPE has ended."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return _ENDED_BY_SIGPIPE
