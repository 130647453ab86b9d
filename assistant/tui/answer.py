"""The answer of a person, for which a thread waits."""

from threading import Event
from typing import Generic, TypeVar

T = TypeVar("T")


class Answer(Generic[T]):
    """Given once; what comes later does not count."""

    def __init__(self) -> None:
        self._given = Event()
        self._value: T | None = None

    def give(self, value: T | None) -> None:
        """None says that there is no answer."""
        if not self._given.is_set():
            self._value = value
            self._given.set()

    def wait(self) -> T | None:
        self._given.wait()
        return self._value
