"""A server that is reached over HTTP, with answers that are bounded in size."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage

from assistant.agent.mcp.transport import LONGEST_MESSAGE, TOO_LONG

_CONNECT_S = 10.0


@asynccontextmanager
async def reach_server(
    url: str, timeout_s: float
) -> AsyncIterator[tuple[ReadStream[SessionMessage | Exception], WriteStream[SessionMessage]]]:
    """Streams of messages from and to it. A stream of events may go on for ever, one event may not."""
    timeout = httpx2.Timeout(_CONNECT_S, read=timeout_s)
    async with (
        httpx2.AsyncClient(transport=_Bounded(), timeout=timeout) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=LONGEST_MESSAGE) as streams,
    ):
        yield streams


class _Bounded(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _BoundedStream(response.stream)
        return response


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LONGEST_MESSAGE
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx2.StreamError(f"it {TOO_LONG}")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
