"""A conversation with a model that is loaded in a thread, again when it failed, or another in its place."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from textual.worker import Worker, WorkerState

from assistant.errors import CoderError
from assistant.tui import generation_events as events
from assistant.tui.conversation import Conversation
from assistant.tui.generation import Bridge, Load
from assistant.tui.no_model import NoModel
from assistant.tui.notice import Notice

if TYPE_CHECKING:
    from assistant.chat.generator import Generator

T = TypeVar("T")


class WithModel(Conversation):
    """What is told of the model goes on to the screen."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load
        self._bridge = Bridge(self)
        self._no_model: CoderError | None = None

    @property
    def has_no_model(self) -> bool:
        return self._no_model is not None

    @property
    def has_model(self) -> bool:
        return self._bridge.ready

    def lend_model(self, work: "Callable[[Generator], T]", cancel: Event) -> T:
        """As `Bridge.lend`."""
        return self._bridge.lend(work, cancel)

    def on_mount(self) -> None:
        self._bridge.load(self._load)

    async def load_again(self, load: Load | None = None) -> None:
        """Load the model again, or another in its place: an answer that is being written ends."""
        self._load = load or self._load
        self._bridge.cancel()
        self._no_model = None
        await self.query(NoModel).remove()
        self._bridge.load(self._load)

    async def on_told(self, event: events.Told) -> None:
        await self.add(Notice(event.note))

    async def on_load_failed(self, event: events.LoadFailed) -> None:
        await self._without_model(event.error)

    async def on_switch_failed(self, event: events.SwitchFailed) -> None:
        """The model that was there is being loaded again: that is the one to try again, too."""
        self._load = event.former
        error = event.error
        said = f"{error.message} The model before it is loaded again."
        await self.add(Notice(said, error.hint, "error"))

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the program itself must not take the conversation away."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        fault = CoderError(
            f"Unexpected {type(error).__name__}: {error}", hint="This is a fault of the program."
        )
        await (self._without_model if event.worker.name == "load" else self._not_begun)(fault)

    async def _without_model(self, error: CoderError) -> None:
        """Say why there is no model."""
        self._no_model = error
        await self.query(NoModel).remove()
        await self.add(NoModel(error))

    async def _not_begun(self, error: CoderError) -> None:
        """Say why a turn could not be begun."""
        await self.add(Notice.of(error))
