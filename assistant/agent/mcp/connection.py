"""A server that is being talked to, asked from ordinary threads: nothing it does holds them longer than its
time-out, and nothing it sends is trusted."""

import logging
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future, wait
from contextlib import asynccontextmanager
from threading import Event
from typing import Any, TypeVar

import anyio
import httpx2
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal
from mcp.client.session import ClientSession, IncomingMessage
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    PaginatedRequestParams,
    Tool,
    ToolListChangedNotification,
)
from pydantic import ValidationError

from assistant.agent.mcp.http import reach_server
from assistant.agent.mcp.server import McpServer
from assistant.agent.mcp.transport import Launch, ServerProcess, run_server
from assistant.errors import CoderError
from assistant.visible import visible

# It logs every message that it cannot read, with a traceback, over the screen.
for _name in ("mcp", "client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

MOST_LISTED = 1_000
_MOST_PAGES = 50
_POLL_S = 0.05
# More than the server's own time-out, which has the better message.
_LEEWAY_S = 2.0
_LONGEST_REASON = 300

T = TypeVar("T")


class McpError(CoderError):
    """A server did not do what it was asked; the message names it and is fit for the model."""


class ChangedToolError(Exception):
    """A tool is not what it was when the user and the model were shown it."""


class Connection:
    """One server, from `open` to `close`. `listed` are its tools as they were when it was connected to."""

    def __init__(self, server: McpServer, portal: BlockingPortal, launch: Launch | None) -> None:
        self._server = server
        self._portal = portal
        self._launch = launch
        self._process: ServerProcess | None = None
        self._session: ClientSession | None = None
        self._stop: anyio.Event | None = None
        self._served: Future[None] | None = None
        self._changed = False
        self._now: list[Tool] = []
        self.listed: list[Tool] = []

    def open(self) -> None:
        """Start it and ask for its tools. Raises McpError."""
        try:
            self._served, _ = self._portal.start_task(self._serve)
        except Exception as error:
            raise self._failed(error) from error

    def call(self, tool: Tool, arguments: Mapping[str, Any], cancel: Event) -> CallToolResult:
        """Raises McpError, also where the tool is no longer what it was when it was listed."""
        future: Future[CallToolResult] = self._portal.start_task_soon(self._call, tool, dict(arguments))
        return self._awaited(future, cancel)

    def close(self) -> None:
        """It has ended when this returns."""
        if self._stop is not None and self._served is not None:
            self._portal.call(self._stop.set)
            self._served.exception()

    async def _serve(self, *, task_status: TaskStatus[None]) -> None:
        self._stop = anyio.Event()
        me = Implementation(name="coder", version="1")
        async with (
            self._streams() as (incoming, outgoing),
            ClientSession(incoming, outgoing, message_handler=self._notice, client_info=me) as session,
        ):
            with anyio.fail_after(self._server.timeout_s):
                await session.initialize()
                self.listed = self._now = await _list_tools(session)
            self._session = session
            task_status.started()
            await self._stop.wait()

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        if self._launch is None:
            async with reach_server(self._server.url, self._server.timeout_s) as streams:
                yield streams
        else:
            async with run_server(self._launch) as (self._process, incoming, outgoing):
                yield incoming, outgoing

    async def _notice(self, message: IncomingMessage) -> None:
        self._changed |= isinstance(message, ToolListChangedNotification)

    async def _call(self, tool: Tool, arguments: dict[str, Any]) -> CallToolResult:
        assert self._session is not None, "it is open"
        with anyio.fail_after(self._server.timeout_s):
            if self._changed:
                self._changed = False
                self._now = await _list_tools(self._session)
            if tool not in self._now:
                raise ChangedToolError(tool.name)
            # Not call_tool: it matches the result with patterns that the server wrote.
            request = CallToolRequest(params=CallToolRequestParams(name=tool.name, arguments=arguments))
            return await self._session.send_request(request, CallToolResult)

    def _awaited(self, future: Future[T], cancel: Event) -> T:
        deadline = time.monotonic() + self._server.timeout_s + _LEEWAY_S
        while not wait([future], _POLL_S).done:
            if cancel.is_set() or time.monotonic() > deadline:
                future.cancel()
                raise McpError(f"The call of {self._server.name} was stopped.")
        error = future.exception()
        if error is not None:
            raise self._failed(error) from error
        return future.result()

    def _failed(self, error: BaseException) -> McpError:
        return McpError(f"The MCP server {self._server.name} {self._reason(error)}.")

    def _reason(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if self._process is not None and self._process.ending:
            return self._process.ending
        match error:
            case TimeoutError():
                return f"did not answer within {self._server.timeout_s:g} s"
            case MCPError() if error.code != CONNECTION_CLOSED:
                return f"refused: {visible(error.message)[:_LONGEST_REASON]}"
            case MCPError() | anyio.BrokenResourceError() | anyio.ClosedResourceError():
                return "closed the connection"
            case ChangedToolError(args=(name, *_)):
                return f"has changed its tool {name} since it was offered; it was not called"
            case ValidationError():
                return "answered with what is no MCP result"
            case httpx2.TransportError():
                return f"cannot be reached: {visible(str(error))[:_LONGEST_REASON]}"
            case OSError() if self._process is None and self._launch is not None:
                return f"cannot be started: {error.strerror or error}"
        return f"failed: {visible(str(error))[:_LONGEST_REASON] or type(error).__name__}"


async def _list_tools(session: ClientSession) -> list[Tool]:
    found: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += page.tools
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST_LISTED:
            break
    return found[:MOST_LISTED]
