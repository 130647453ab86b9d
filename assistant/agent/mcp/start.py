"""Start the servers that the user wants and agrees to, and offer their tools for as long as they run."""

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from assistant.agent.confine import Confinement, confinement
from assistant.agent.confine.environment import confined_environment, without_secrets
from assistant.agent.consent import is_allowed
from assistant.agent.events import AskConsent
from assistant.agent.mcp.server import McpServer
from assistant.agent.permissions import Permissions
from assistant.agent.tools import Action, Result, Tool
from assistant.errors import CoderError, UsageError

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from assistant.agent.mcp.connection import Connection
    from assistant.agent.mcp.transport import Launch

_MEMORY_SHARE = 0.5
_LARGEST_HASHED = 2**20
_UNCONFINED = "It is NOT confined (confined = false): it can do whatever you can."
_REMOTE = "What the model gives its tools goes there."
_OFFLINE = "It runs confined, without network where that can be cut off: confined = false lets it out."
_NO_UNDO = "What its tools change, coder undo cannot take back."


class McpServers:
    """The servers of one run in the repository `root`. `consent` is asked before one is started that
    `permissions` do not allow; `tell` is given what a user should know of those that are left out."""

    def __init__(
        self,
        root: Path,
        permissions: Permissions,
        consent: AskConsent,
        tell: Callable[[str], None],
        *,
        confinement: Callable[[], Confinement] = confinement,
    ) -> None:
        self._root = root
        self._permissions = permissions
        self._consent = consent
        self._tell = tell
        self._confinement = confinement
        self._running = ExitStack()
        self._portal: BlockingPortal | None = None
        self._tools: list[Tool[Any]] = []

    @contextmanager
    def tools(self, servers: Sequence[McpServer]) -> Iterator[list[Tool[Any]]]:
        """The tools of those that run; all have ended behind it. Raises UsageError where the package `mcp`
        is not installed."""
        if servers:
            _require_package()
        with self._running:
            for server in servers:
                try:
                    action = self._starting(server)
                    name = f"the MCP server {server.name}"
                    if is_allowed(self._consent, self._permissions, name, "run", action):
                        action.perform()
                    else:
                        self._tell(f"The MCP server {server.name} was not started: it was not allowed.")
                except CoderError as error:
                    hint = error.hint or (_OFFLINE if server.command and server.confined else "")
                    self._tell(f"{error.message} Its tools are left out. {hint}".strip())
            yield self._tools

    def _starting(self, server: McpServer) -> Action:
        """What it takes to use it, as the user is shown it."""
        names = [
            f"{name} (your {value[1:]})" if value.startswith("$") else name
            for name, value in server.env.items()
        ]
        lines = [
            f"$ {shlex.join(server.command)}" if server.command else server.url,
            f"environment: {', '.join(names)}" if names else "",
            f"tools: {', '.join(server.tools)}" if server.tools is not None else "tools: all",
            f"allowed without asking: {', '.join(server.read)}" if server.read else "",
        ]
        note = self._note(server)
        environment = server.environment(os.environ)

        def perform() -> Result:
            from assistant.agent.mcp.offer import offered

            connection = self._connect(server, environment)
            self._tools += offered(
                server, connection, note=note, launch=self._fingerprint(server), tell=self._tell
            )
            return Result(f"The MCP server {server.name} runs.")

        preview = "\n".join(filter(None, lines))
        return Action(perform, preview, note, grant=f"mcp:{server.name}@{self._fingerprint(server)}")

    def _connect(self, server: McpServer, environment: dict[str, str]) -> "Connection":
        from anyio.from_thread import start_blocking_portal

        from assistant.agent.mcp.connection import Connection

        if self._portal is None:
            self._portal = self._running.enter_context(start_blocking_portal())
        launch = self._launch(server, environment) if server.command else None
        connection = Connection(server, self._portal, launch)
        self._running.callback(connection.close)
        connection.open()
        return connection

    def _launch(self, server: McpServer, environment: dict[str, str]) -> "Launch":
        from assistant.agent.mcp.transport import Launch

        most_memory = int(psutil.virtual_memory().available * _MEMORY_SHARE)
        if not server.confined:
            own = without_secrets(os.environ)
            return Launch(server.command, self._root, own | environment, most_memory)
        folder = tempfile.TemporaryDirectory(prefix="coder-mcp-", ignore_cleanup_errors=True)
        temporary = Path(self._running.enter_context(folder)).resolve()
        command = self._confinement().wrap(f"exec {shlex.join(server.command)}", self._root, temporary)
        own = confined_environment(os.environ, temporary)
        return Launch(command, self._root, own | environment, most_memory)

    def _note(self, server: McpServer) -> str:
        if server.url:
            return f"{_REMOTE} {_NO_UNDO}"
        return f"{self._confinement().note if server.confined else _UNCONFINED} {_NO_UNDO}"

    def _fingerprint(self, server: McpServer) -> str:
        """What "always" is said to: all that decides what runs, the files that its command names included."""
        files = {
            part: hashlib.sha256(path.read_bytes()).hexdigest()
            for part in server.command
            if (path := self._root / part).is_file() and path.stat().st_size <= _LARGEST_HASHED
        }
        decides = [server.command, server.url, dict(server.env), server.confined, server.read, files]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


def _require_package() -> None:
    try:
        import mcp  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "MCP servers need the package mcp, which is not installed.",
            hint="pip install 'coder-assistant[mcp]'",
        ) from error
