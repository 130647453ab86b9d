"""The model of the conversation as the one that writes messages of commits, between two turns."""

from functools import partial
from threading import Event

from assistant.agent.commit_message import propose_message
from assistant.repo.diff import Diff
from assistant.tui.with_model import WithModel


class ModelOfConversation:
    """A `Writer`."""

    def __init__(self, conversation: WithModel) -> None:
        self._conversation = conversation

    @property
    def ready(self) -> bool:
        return self._conversation.has_model

    def message(self, staged: Diff, cancel: Event) -> str:
        return self._conversation.lend_model(partial(propose_message, staged, cancel=cancel), cancel)
