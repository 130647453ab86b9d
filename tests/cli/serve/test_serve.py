"""The app in a browser: who may reach it, and that it is the same app."""

import asyncio
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from assistant.cli.serve.guard import Guard
from assistant.cli.serve.server import AppServer, listen
from tests.cli.coder import coder, start_coder
from tests.cli.serve.browser import CHROMIUM, opened

_APP = """
from pathlib import Path
from assistant.cli.serve.child import end_with_server
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from tests.scripted import ScriptedGenerator
end_with_server()
generator = ScriptedGenerator("The answer is 42.", name="scripted-1b")
CoderApp(Workspace(Path.cwd(), is_git=True), lambda report, tell: generator).run()
"""
_PATIENCE_S = 60.0


@pytest.fixture
async def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Guard]:
    """Of a server that runs in this process, and its app in another."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.chdir(tmp_path)
    with listen(0) as listening:
        guard = Guard(listening.getsockname()[1])
        server = AppServer([sys.executable, "-c", _APP], guard, "coder in <here>")
        runner = web.AppRunner(server.application(), shutdown_timeout=5)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield guard
        await runner.cleanup()


class Client:
    """A program that speaks to the server as a browser does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.seen = ""

    async def until(self, what: Callable[[str], object]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not what(self.seen):
                message = await self._socket.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, message
                self.seen += message.data.decode("utf-8", "replace")

    async def type(self, text: str) -> None:
        await self._socket.send_json(["stdin", text])


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("{token}/", {}, 200),
        ("{token}/", {"Host": "localhost:{port}"}, 200),
        ("{token}/", {"Origin": "http://127.0.0.1:{port}"}, 200),
        ("{token}/static/js/textual.js", {}, 200),
        ("{token}/static/js/none.js", {}, 404),
        ("{token}/static/", {}, 403),
        ("{token}/ws", {"Origin": "http://127.0.0.1:{port}"}, 400),
        ("", {}, 403),
        ("static/js/textual.js", {}, 403),
        ("ws", {"Origin": "http://127.0.0.1:{port}"}, 403),
        ("x{token}/", {}, 403),
        ("?token={token}", {}, 403),
        ("download/some", {}, 403),
        ("download/some", {"Cookie": "coder-downloads={token}"}, 403),
        ("{token}/", {"Origin": "http://evil.example"}, 403),
        ("{token}/", {"Origin": "null"}, 403),
        ("{token}/", {"Origin": "https://127.0.0.1:{port}"}, 403),
        ("{token}/", {"Host": "evil.example:{port}"}, 403),
        ("{token}/", {"Host": "127.0.0.1:1"}, 403),
        ("{token}/", {"Host": ""}, 403),
    ],
)
async def test_who_may_ask_for_what(guard: Guard, path: str, headers: dict[str, str], status: int) -> None:
    def whole(text: str) -> str:
        return text.format(token=guard.token, port=guard.port)

    sent = {name: whole(value) for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{guard.port}/{whole(path)}", headers=sent) as answer,
    ):
        assert answer.status == status
        text = await answer.text()
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert status == 200 or guard.token not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_but_reading_is_known(guard: Guard, method: str) -> None:
    async with aiohttp.ClientSession() as session:
        for address, status in ((guard.address, 405), (f"http://127.0.0.1:{guard.port}/", 403)):
            async with session.request(method, address) as answer:
                assert answer.status == status
                assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "origin"),
    [("ws", "same"), ("{token}/ws", None), ("{token}/ws", "http://evil.example"), ("{token}/ws", "null")],
)
async def test_a_websocket_needs_secret_and_origin(guard: Guard, path: str, origin: str | None) -> None:
    origin = f"http://127.0.0.1:{guard.port}" if origin == "same" else origin
    address = f"http://127.0.0.1:{guard.port}/{path.format(token=guard.token)}"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect(address, origin=origin)
        assert error.value.status == 403


async def test_a_conversation_and_who_comes_later(guard: Guard, tmp_path: Path) -> None:
    origin = f"http://127.0.0.1:{guard.port}"
    jar = aiohttp.CookieJar(unsafe=True)  # addresses without a name have some, too
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(guard.address) as page:
            text = await page.text()
            assert "<title>coder in &lt;here&gt;</title>" in text
            assert f'"ws://127.0.0.1:{guard.port}/{guard.token}/ws"' in text
        assert jar.filter_cookies(URL(f"{origin}/download/x")), "downloads are let"
        assert not jar.filter_cookies(URL(f"{origin}/else"))
        async with session.ws_connect(f"{guard.address}ws?width=100&height=30", origin=origin) as socket:
            first = Client(socket)
            await first.until(lambda seen: "scripted-1b" in seen)
            await first.type("hello\r")
            await first.until(lambda seen: "42" in seen)
            async with session.ws_connect(f"{guard.address}ws", origin=origin) as later:
                second = Client(later)
                await second.until(lambda seen: "scripted-1b" in seen)
                assert "42" not in second.seen, "it is another conversation"
                async with asyncio.timeout(_PATIENCE_S):
                    while (await socket.receive()).type is aiohttp.WSMsgType.BINARY:
                        pass
                assert socket.closed, "one at a time"
                await later.send_str("no json")
                async with asyncio.timeout(_PATIENCE_S):
                    while (await later.receive()).type is aiohttp.WSMsgType.BINARY:
                        pass


@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium here.")
async def test_in_a_browser(guard: Guard, tmp_path: Path) -> None:
    async with opened(guard.address, tmp_path / "profile") as page:
        await page.until(lambda: "scripted-1b" in "".join(page.frames))
        assert await page.evaluate("document.title") == "coder in <here>"
        await page.type("hello")
        await page.press("Enter", 13)
        await page.until(lambda: "42" in "".join(page.frames))
        assert "-first-byte" in await page.evaluate("document.body.className")
        await page.screenshot(tmp_path / "page.png")
        assert page.problems == []
        assert all(url.startswith(guard.address) for url in page.requested), "nothing from elsewhere"


def test_the_command_serves_until_it_is_interrupted(coder_home: Path, tmp_path: Path) -> None:
    process = start_coder("--serve", str(tmp_path))
    assert process.stdout
    address = process.stdout.readline().strip()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address) as answer:
        assert b"coder is starting" in answer.read()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False), err
    assert "keep it to yourself" in err


def test_what_cannot_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listen(0) as taken:
        ran = coder("--serve", "--port", str(taken.getsockname()[1]), str(tmp_path))
        assert (ran.code, "cannot be had" in ran.err) == (2, True)
    for module in list(sys.modules):
        if module.startswith("assistant.cli.serve"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    ran = coder("--serve", str(tmp_path))
    assert (ran.code, "pip install 'coder-assistant[serve]'" in ran.err) == (2, True)


async def test_the_app_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    child = (
        "import os, time; from assistant.cli.serve.child import end_with_server; end_with_server();"
        "print(os.getpid(), flush=True); time.sleep(50)"
    )
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", program, child),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert server.stdout
    number = int(await server.stdout.readline())
    server.kill()
    await server.wait()
    async with asyncio.timeout(30):
        while _runs(number):
            await asyncio.sleep(0.1)


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
