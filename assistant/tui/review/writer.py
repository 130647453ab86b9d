"""Who writes the message of a commit: a model, which may have to be loaded or waited for."""

from threading import Event
from typing import Protocol

from assistant.repo.diff import Diff


class Writer(Protocol):
    """Of messages for what is staged."""

    @property
    def is_loaded(self) -> bool:
        """Whether the model is there."""

    @property
    def is_able(self) -> bool:
        """Whether it is there and able enough to be asked without being told to. A model that is too small to
        call tools is not: what it says of a change is seldom true."""

    def message(self, staged: Diff, cancel: Event) -> str:
        """Called in a thread. Setting `cancel` ends the wait for the model, and its answer. Raises
        CoderError."""
