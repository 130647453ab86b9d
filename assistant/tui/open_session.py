"""The session that the app works in: opened when it is first needed, and left for another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

from assistant.repo.workspace import Workspace
from assistant.tui.work import WorkOptions

if TYPE_CHECKING:  # slow to import: the app is on the screen before it is needed
    from assistant.agent.conversation import Conversation, Person
    from assistant.agent.events import AgentEvent, Undone
    from assistant.agent.modes import Mode
    from assistant.agent.session import Session
    from assistant.chat.generator import Generator

    History = Sequence[Mapping[str, Any]]


class OpenSession:
    """Its methods wait for files; those that need the model are called by the thread that has it."""

    def __init__(
        self,
        workspace: Workspace,
        work: WorkOptions,
        mode: "Mode",
        taken_up: "tuple[Session, History] | None" = None,
    ) -> None:
        """`taken_up` is one that is gone on with, and its events so far."""
        self._workspace = workspace
        self._work = work
        self._mode = mode
        self._taken_up = taken_up
        self._conversation: Conversation | None = None

    @property
    def id(self) -> str:
        """Empty where there is no session on disk, or none yet."""
        if self._conversation is not None:
            return self._conversation.session_id
        return self._taken_up[0].id if self._taken_up else ""

    @property
    def mode(self) -> "Mode":
        return self._mode

    @mode.setter
    def mode(self, mode: "Mode") -> None:
        """What the agent may do without asking, from now on."""
        self._mode = mode
        if self._conversation is not None:
            self._conversation.permissions.mode = mode

    def turn(
        self, typed: str, pasted: str, person: "Callable[[], Person]", generator: "Generator", cancel: Event
    ) -> "Iterator[AgentEvent]":
        """As `Conversation.turn`."""
        return self._opened(person).turn(typed, generator, pasted=pasted, cancel=cancel)

    def rewind(self, task: int, person: "Callable[[], Person]") -> None:
        """As `Conversation.rewind`."""
        self._opened(person).rewind(task)

    def undo(self, turn: int | None, person: "Callable[[], Person]") -> "Undone":
        """As `Conversation.undo`."""
        return self._opened(person).undo(turn)

    def close(self, generator: "Generator | None") -> None:
        """Leave it, so that it can be gone on with."""
        if self._conversation is not None:
            self._conversation.close(generator)
        elif self._taken_up is not None:
            self._taken_up[0].close()

    def _opened(self, person: "Callable[[], Person]") -> "Conversation":
        if self._conversation is None:
            from assistant.agent.conversation import Conversation

            session, history = self._taken_up or (None, ())
            self._conversation = Conversation(
                self._workspace,
                self._mode,
                person(),
                self._work.of_conversation(),
                session=session,
                history=history,
            )
        return self._conversation
