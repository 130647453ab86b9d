"""HTTP with one server: asked again where that may help, and given up at once when the caller says so.

Requests run in an event loop of a thread of their own. Cancelling a task there closes its connection
whatever it waits for, be it a name, a connection, the first byte or the next; a blocking read cannot be
woken up like this. Redirects are not followed: neither a key nor a prompt goes to another place.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping
from concurrent.futures import wait
from threading import Event, Thread
from typing import Any, TypeVar

import httpx2

from assistant import __version__
from assistant.errors import CoderError
from assistant.remote.address import Address
from assistant.remote.errors import CancelledError, CutOffError, ServerError, reason_in, refusal, unreachable
from assistant.remote.retry import is_passing, wait_s
from assistant.remote.sse import EventDecoder

_POLL_S = 0.05
_CONNECT_S = 10.0
_DONE = "[DONE]"
_T = TypeVar("_T")


class Connection:
    """`tell` hears when a request is made again. A server that says nothing for `silence_s` counts as
    lost; `first_wait_s` is the shortest wait before another try."""

    def __init__(
        self,
        address: Address,
        key: str | None = None,
        *,
        tell: Callable[[str], None] = lambda note: None,
        silence_s: float = 600.0,
        first_wait_s: float = 0.5,
    ) -> None:
        self.address = address
        self._key = key
        self._tell = tell
        self._silence_s = silence_s
        self._first_wait_s = first_wait_s
        headers = {"User-Agent": f"coder/{__version__}"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(silence_s, connect=_CONNECT_S),
            follow_redirects=False,
            # A proxy for the network has no business with this machine.
            trust_env=not address.loopback,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="coder-remote", daemon=True)
        self._thread.start()

    def get(self, url: str, cancel: Event | None = None) -> str:
        """The text at `url`. Raises ServerError, CancelledError."""
        return self._run(self._text("GET", url, None), cancel)

    def post(self, url: str, body: Mapping[str, Any], cancel: Event | None = None) -> str:
        """The text of the answer to `body` as JSON. Raises as `stream` does."""
        return self._run(self._text("POST", url, body), cancel)

    def stream(
        self, url: str, body: Mapping[str, Any], cancel: Event | None = None
    ) -> Generator[str, None, None]:
        """The data of each event of the answer to `body`. Closing the iterator closes the connection.

        Raises ServerError or ContextFullError for an answer that does not begin, CutOffError for one that
        breaks off, CancelledError once `cancel` is set."""
        response = self._run(self._open("POST", url, body), cancel)
        if response.headers.get("Content-Type", "").startswith("application/json"):
            raise self._run(self._unstreamed(response), cancel)
        chunks = response.aiter_bytes()
        decoder = EventDecoder()
        try:
            while (chunk := self._run(self._next(chunks), cancel)) is not None:
                for event in decoder.feed(chunk):
                    if event == _DONE:
                        return
                    yield event
                    _check(cancel)
            raise CutOffError(f"{self.address.host} broke the answer off.")
        finally:
            if not self._loop.is_closed():
                self._run(response.aclose(), None)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._run(self._client.aclose(), None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _T], cancel: Event | None) -> _T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while not wait((future,), _POLL_S).done:
                _check(cancel)
            return future.result()
        finally:
            future.cancel()

    async def _text(self, method: str, url: str, body: Mapping[str, Any] | None) -> str:
        response = await self._open(method, url, body)
        try:
            return (await response.aread()).decode("utf-8", "replace")
        except httpx2.HTTPError as error:
            raise CutOffError(f"{self.address.host} broke the answer off: {error}.") from error
        finally:
            await response.aclose()

    async def _open(self, method: str, url: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        """The answer whose status is success, of which the headers are there."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        tries = 0
        while True:
            tries += 1
            pause: float | None = None
            failure: CoderError
            try:
                request = self._client.build_request(method, url, content=content, headers=headers)
                response = await self._client.send(request, stream=True)
            except httpx2.ReadTimeout:
                failure = ServerError(
                    f"{self.address.host} said nothing for {self._silence_s:.0f} s.",
                    hint="It may be busy, or hang; its log says more.",
                )
            except httpx2.HTTPError as error:
                failure = unreachable(self.address, error)
                if "certificate" not in failure.message:
                    pause = wait_s(tries, self._first_wait_s, None)
            else:
                if response.is_success:
                    return response
                failure = await self._refusal(response)
                if is_passing(response.status_code):
                    pause = wait_s(tries, self._first_wait_s, response.headers.get("Retry-After"))
            if pause is None:
                raise failure
            self._tell(f"{failure.message} Asked again in {pause:.1f} s.")
            await asyncio.sleep(pause)

    async def _refusal(self, response: httpx2.Response) -> CoderError:
        location = response.headers.get("Location", "").partition("?")[0]
        return refusal(self.address, response.status_code, await self._said(response), location=location)

    async def _unstreamed(self, response: httpx2.Response) -> CoderError:
        said = reason_in(await self._said(response))
        return ServerError(f"{self.address.host} does not stream its answer: {said}.")

    async def _said(self, response: httpx2.Response) -> str:
        """The whole text of an answer that is none, without the key, which some servers quote."""
        try:
            body = (await response.aread()).decode("utf-8", "replace")
        except httpx2.HTTPError:
            body = ""
        finally:
            await response.aclose()
        return body.replace(self._key, "…") if self._key else body

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            return await anext(chunks, None)
        except httpx2.HTTPError as error:
            reason = "it said nothing any more" if isinstance(error, httpx2.ReadTimeout) else str(error)
            raise CutOffError(f"{self.address.host} broke the answer off: {reason}.") from error


def _check(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise CancelledError
