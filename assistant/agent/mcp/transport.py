"""A server as a process of ours: messages are lines on its stdin and stdout, bounded in size and number.

The transport that `mcp` brings keeps a line of any length in memory, so that a server could fill it.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import psutil
from anyio import to_thread
from anyio.abc import Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest, jsonrpc_message_adapter

from assistant.agent.processes import (
    TERM_GRACE_S,
    descendants,
    end_group,
    kept,
    marked,
    memory_bytes,
    new_mark,
)
from assistant.visible import visible

LONGEST_MESSAGE = 4 * 2**20
TOO_LONG = f"wrote a message of more than {LONGEST_MESSAGE // 2**20} MB"
# Until we ask it something again.
MOST_MESSAGES = 1_000
MOST_GARBAGE = 50
_LAST_WORDS = 4_000
_LONGEST_LAST_LINE = 200
_EXIT_GRACE_S = 0.5
_SETTLE_S = 0.2
_POLL_S = 0.01
_MEMORY_CHECK_S = 1.0

Incoming = MemoryObjectReceiveStream[SessionMessage | Exception]
Outgoing = MemoryObjectSendStream[SessionMessage]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is run where. More than `memory_bytes` of memory ends it."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    memory_bytes: int


class ServerProcess:
    """A running server. `fault` is why we ended it, empty where we did not."""

    def __init__(self, process: Process, mark: Mapping[str, str], most_memory: int) -> None:
        self._process = process
        self._mark = mark
        self._most_memory = most_memory
        self._last_words = bytearray()
        self._received = 0
        self._garbage = 0
        self._heard = anyio.Event()
        self._silent = False
        self._dismissed = False
        self.fault = ""

    @property
    def ending(self) -> str:
        """Why it no longer answers, with what it said last; empty while it runs, and where we ended it in
        good order."""
        if self.fault or self._dismissed or self._process.returncode is None:
            return self.fault
        said = visible(bytes(self._last_words).decode("utf-8", "replace")).strip().splitlines()
        reason = f"has ended (exit code {self._process.returncode})"
        return f"{reason}: {said[-1][:_LONGEST_LAST_LINE]}" if said else reason

    async def receive(self, messages: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        """Hand on what it writes, until it ends or does what it may not."""
        assert self._process.stdout is not None
        pending = b""
        async with messages:
            try:
                while True:
                    *lines, pending = (pending + await self._process.stdout.receive()).split(b"\n")
                    for message in self._read(lines):
                        await messages.send(message)
                    if fault := self._overdone(len(pending)):
                        await self._end_for(fault)
                        return
            except anyio.EndOfStream:
                await self._settle()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                return  # the session is over

    def _read(self, lines: Sequence[bytes]) -> list[SessionMessage]:
        read = []
        for line in filter(None, map(bytes.strip, lines)):
            try:
                read.append(SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False)))
            except ValueError:
                self._garbage += 1
        self._received += len(read)
        return read

    def _overdone(self, pending: int) -> str:
        if pending > LONGEST_MESSAGE:
            return TOO_LONG
        if self._garbage > MOST_GARBAGE:
            return "writes to its stdout what is no MCP message"
        if self._received > MOST_MESSAGES:
            return "flooded us with messages"
        return ""

    async def send(self, messages: MemoryObjectReceiveStream[SessionMessage]) -> None:
        assert self._process.stdin is not None
        async with messages:
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                async for each in messages:
                    if isinstance(each.message, JSONRPCRequest):
                        self._received = 0
                    line = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await self._process.stdin.send(line.encode() + b"\n")

    async def listen(self) -> None:
        """Keep the end of what it writes on stderr."""
        assert self._process.stderr is not None
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                self._last_words += await self._process.stderr.receive()
                del self._last_words[:-_LAST_WORDS]
        self._heard.set()

    async def _settle(self) -> None:
        """It has closed its stdout: a moment later it is known whether it has ended, and with what words."""
        self._silent = True
        with anyio.move_on_after(_SETTLE_S):
            await self._heard.wait()
            while self._process.returncode is None:
                await anyio.sleep(_POLL_S)

    async def watch(self) -> None:
        """End it where it takes the memory."""
        while self._process.returncode is None:
            await anyio.sleep(_MEMORY_CHECK_S)
            if await to_thread.run_sync(memory_bytes, self._process.pid) > self._most_memory:
                await self._end_for("took too much of the machine's memory and was stopped")

    async def stop(self) -> None:
        """Ask it to end, and see to it."""
        self._dismissed = self._process.returncode is None and not self._silent
        children = await to_thread.run_sync(self._children)
        if self._process.stdin is not None:
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                await self._process.stdin.aclose()
        with anyio.move_on_after(0 if self.fault else _EXIT_GRACE_S):
            while self._process.returncode is None:
                await anyio.sleep(_POLL_S)
        await to_thread.run_sync(self._end, children)
        with anyio.move_on_after(TERM_GRACE_S):  # one that left the group may hold a pipe open
            await self._process.aclose()

    async def _end_for(self, fault: str) -> None:
        self.fault = fault
        await to_thread.run_sync(self._end, await to_thread.run_sync(self._children))

    def _end(self, children: Sequence[psutil.Process]) -> None:
        end_group(self._process.pid, children, lambda: self._process.returncode is not None)

    def _children(self) -> list[psutil.Process]:
        return [*descendants(self._process.pid), *marked(self._mark)]


@asynccontextmanager
async def run_server(launch: Launch) -> AsyncIterator[tuple[ServerProcess, Incoming, Outgoing]]:
    """The running server, ended with all that it started. Raises OSError where it cannot be started."""
    mark = new_mark()
    environment = {**launch.environment, **mark}
    with kept(launch.command) as (command, lifeline):
        process = await anyio.open_process(
            command, cwd=launch.folder, env=environment, start_new_session=True, pass_fds=lifeline
        )
        async with _attended(process, mark, launch) as attended:
            yield attended


@asynccontextmanager
async def _attended(
    process: Process, mark: Mapping[str, str], launch: Launch
) -> AsyncIterator[tuple[ServerProcess, Incoming, Outgoing]]:
    server = ServerProcess(process, mark, launch.memory_bytes)
    inbox_end, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outbox, outbox_end = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.receive, inbox_end)
        tasks.start_soon(server.send, outbox_end)
        tasks.start_soon(server.listen)
        tasks.start_soon(server.watch)
        try:
            yield server, inbox, outbox
        finally:
            with anyio.CancelScope(shield=True):
                await server.stop()
            tasks.cancel_scope.cancel()
