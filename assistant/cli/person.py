"""The person at the terminal: asked for consent, and for what only they know; Ctrl-C is theirs."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from assistant.agent.events import Consent, Request
from assistant.cli.narration import Narrator
from assistant.visible import visible

_SHOWN_AS_DIFF = ("edit", "write", "patch")


class Person:
    """Asked by way of `narrator`, where one may ask and they are there. Ctrl-C sets `cancel`."""

    def __init__(self, narrator: Narrator, *, may_ask: bool) -> None:
        self._narrator = narrator
        self._may_ask = may_ask
        self._asked = False
        self.cancel = Event()

    @property
    def _is_there(self) -> bool:
        return self._may_ask and sys.stdin.isatty()

    def consent(self, request: Request) -> Consent:
        """No, where nobody is there."""
        if not self._is_there:
            return "no"
        if request.tool in _SHOWN_AS_DIFF:
            self._narrator.diff(request.preview)
        else:
            self._narrator.say(request.preview, "bold")
        if request.note:
            self._narrator.say(request.note, "yellow")
        always = f", \\[a]lways {visible(request.always)}" if request.always else ""
        answer = self._typed(f"Allow {request.tool}? [bold]\\[y]es, \\[n]o{always}:[/] ")
        match (answer or "").strip().lower():
            case "a" | "always":
                return "always"
            case "y" | "yes":
                return "once"
        return "no"

    def answer(self, question: str) -> str | None:
        """None where nobody is there, or wants to."""
        if not self._is_there:
            return None
        self._narrator.say(question, "bold")
        return self._typed("> ")

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """The first Ctrl-C ends the work cleanly, a second one at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            at_once = self._asked or self.cancel.is_set()
            self.cancel.set()
            if at_once:
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _typed(self, prompt: str) -> str | None:
        """None where the input ends, or they interrupt."""
        self._narrator.line.pause()
        self._narrator.err.print(prompt, end="")
        self._asked = True
        try:
            return input()
        except (EOFError, KeyboardInterrupt):
            self._narrator.err.print()  # they ended no line
            return None
        finally:
            self._asked = False
            self._narrator.line.resume()
