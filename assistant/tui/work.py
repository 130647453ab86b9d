"""How the app works: what it may do without asking, and what checks and helps it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import
    from assistant.agent.conversation import ConversationOptions
    from assistant.agent.mcp import McpServer
    from assistant.agent.modes import Mode


def _none() -> "Sequence[McpServer]":
    return ()


@dataclass(frozen=True, slots=True)
class WorkOptions:
    """`test` is the user's own check of what is changed, `servers` are read when they are first needed."""

    mode: "Mode" = "ask"
    test: str = ""
    test_timeout_s: float = 120.0
    budget_s: float | None = None
    servers: "Callable[[], Sequence[McpServer]]" = _none

    def of_conversation(self) -> "ConversationOptions":
        """The same for the agent. Raises UsageError for servers that are not described right."""
        from assistant.agent.check import Check
        from assistant.agent.conversation import ConversationOptions

        check = Check(self.test, self.test_timeout_s) if self.test else None
        return ConversationOptions(check, self.test_timeout_s, self.budget_s, self.servers())
