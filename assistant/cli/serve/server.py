"""The server: one page, and the app behind it."""

import asyncio
import html
import os
import shlex
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from string import Template

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.server import Server

from assistant.cli.serve.guard import Guard, protect
from assistant.errors import UsageError

HOST = "127.0.0.1"
_END_WITHIN_S = 10.0
_SIZE = {"width": 80, "height": 24}


class App(AppService):
    """Is over when its process is: then its memory is free."""

    async def stop(self) -> None:
        await super().stop()
        if self._process is not None:
            await self._process.wait()


class AppServer:
    """Runs `command`, the app, for the browser that looks at it: one at a time, the newest in the place of
    the one before it, since each is a process with a model of its own."""

    def __init__(self, command: Sequence[str], guard: Guard, title: str) -> None:
        self._command = _joined(command)
        self._guard = guard
        self._title = title
        self._downloads = Server(self._command)
        self._newest: web.WebSocketResponse | None = None
        self._app_runs = asyncio.Lock()

    def application(self) -> web.Application:
        app = web.Application()
        inside = f"/{self._guard.token}"
        statics = Path(textual_serve.__file__).parent / "static"
        app.add_routes(
            [
                web.get(f"{inside}/", self._page),
                web.get(f"{inside}/page.js", self._script),
                web.get(f"{inside}/ws", self._websocket),
                web.get("/download/{key}", self._downloads.handle_download),
                web.static(f"{inside}/static", statics),
            ]
        )
        protect(app, self._guard)
        app.on_shutdown.append(self._end)
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        websocket = f"ws://{request.host}/{self._guard.token}/ws"
        page = Template(_resource("page.html"))
        text = page.substitute(title=html.escape(self._title), websocket=html.escape(websocket))
        response = web.Response(text=text, content_type="text/html")
        self._guard.let_download(response)
        return response

    async def _script(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text=_resource("page.js"), content_type="text/javascript")

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(heartbeat=15)
        if not websocket.can_prepare(request):
            raise web.HTTPBadRequest
        await websocket.prepare(request)
        await self._end()
        self._newest = websocket
        async with self._app_runs:
            if not websocket.closed:
                await self._run(websocket, request)
        return websocket

    async def _run(self, websocket: web.WebSocketResponse, request: web.Request) -> None:
        async def draw(data: bytes) -> None:
            with suppress(ConnectionError):  # all is read nevertheless: the app must not wait
                await websocket.send_bytes(data)

        async def say(text: str) -> None:
            with suppress(ConnectionError):
                await websocket.send_str(text)

        async def close() -> None:
            await websocket.close()

        app = App(
            self._command,
            write_bytes=draw,
            write_str=say,
            close=close,
            download_manager=self._downloads.download_manager,
        )
        size = {name: _cells(request.query.get(name), usual) for name, usual in _SIZE.items()}
        await app.start(**size)
        try:
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    await _hand_on(message.json(), app, websocket)
        except ValueError:  # not what the page says
            await websocket.close()
        finally:
            await app.stop()

    async def _end(self, _: web.Application | None = None) -> None:
        """Close the newest connection, whereupon its app ends."""
        if self._newest is not None:
            await self._newest.close()


async def _hand_on(said: list[object], app: App, websocket: web.WebSocketResponse) -> None:
    """What the page says to the app."""
    match said:
        case ["stdin", str(text)]:
            await app.send_bytes(text.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await app.set_terminal_size(width, height)
        case ["ping", data]:
            await websocket.send_json(["pong", data])
        case ["focus", *_]:
            await app.focus()
        case ["blur", *_]:
            await app.blur()
        case _:
            raise ValueError


def listen(port: int) -> socket.socket:
    """On loopback alone, on any free port for 0. Raises UsageError where it is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be had: {error.strerror or error}.", hint="Leave --port out for a free one."
        ) from error


def serve(command: Sequence[str], listening: socket.socket, guard: Guard, title: str) -> None:
    """Serve the app until Ctrl-C."""

    async def application() -> web.Application:
        return AppServer(command, guard, title).application()

    web.run_app(application(), sock=listening, print=None, access_log=None, shutdown_timeout=_END_WITHIN_S)


def _cells(text: str | None, usual: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else usual


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _joined(command: Sequence[str]) -> str:
    """As the system's shell reads it."""
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
