"""Who writes the message of a commit: a model, which may have to be loaded or waited for."""

from threading import Event
from typing import Protocol

from assistant.repo.diff import Diff


class Writer(Protocol):
    """Of messages for what is staged."""

    @property
    def ready(self) -> bool:
        """Whether the model is loaded, so that it can be asked without being told to."""

    def message(self, staged: Diff, cancel: Event) -> str:
        """Called in a thread. Setting `cancel` ends the wait for the model, and its answer. Raises
        CoderError."""
