"""The app on the screen, and the app that is served to a browser."""

import asyncio
import html
import re

import pytest

from tests.attacks.attack import Attack, Kind, Scene
from tests.attacks.terminal import ALL, tame
from tests.scripted import ScriptedGenerator
from tests.tui.driving import answers, app_with, say, until

PORT = 8123
OWN = {"Host": f"127.0.0.1:{PORT}"}
FROM_ITSELF = OWN | {"Origin": f"http://127.0.0.1:{PORT}"}
SOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}


def asked(scene: Scene, tried: tuple[str, dict[str, str]]) -> str:
    """A request to the served app. TOKEN stands for its secret."""
    pytest.importorskip("textual_serve")
    from aiohttp.test_utils import make_mocked_request

    from assistant.cli.serve.guard import Guard

    path, headers = tried
    guard = Guard(PORT)
    reason = guard.refuses(make_mocked_request("GET", path.replace("TOKEN", guard.token), headers=headers))
    assert not guard.refuses(make_mocked_request("GET", f"/{guard.token}/", headers=OWN)), "it can be reached"
    assert guard.token not in reason
    return f"refused: {reason}" if reason else "done"


PAGE, HOST, KEY = "refused: Another page", "refused: This host", "refused: Open the whole"
SERVED = Kind(
    "requests to the served app",
    asked,
    (
        Attack("without the key", ("/", OWN), KEY),
        Attack("with a part of the key", ("/TOKEN"[:4] + "/", OWN), KEY),
        Attack("with the key in a query", ("/?token=TOKEN", OWN), KEY),
        Attack("with the key behind something", ("/static/TOKEN/", OWN), KEY),
        Attack("with more than the key", ("/TOKENx/", OWN), KEY),
        Attack("with the key in a cookie", ("/", OWN | {"Cookie": "coder-downloads=TOKEN"}), KEY),
        Attack("for what was downloaded", ("/download/x", OWN), KEY),
        Attack("for what was downloaded, with an empty cookie",
               ("/download/x", OWN | {"Cookie": "coder-downloads="}), KEY),
        Attack("by another name of this machine", ("/TOKEN/", {"Host": f"evil.example:{PORT}"}), HOST),
        Attack("by a name with a dot behind", ("/TOKEN/", {"Host": f"localhost.:{PORT}"}), HOST),
        Attack("by a name within a name", ("/TOKEN/", {"Host": f"localhost.evil.example:{PORT}"}), HOST),
        Attack("by no address at all", ("/TOKEN/", {"Host": f"0.0.0.0:{PORT}"}), HOST),
        Attack("by another port", ("/TOKEN/", {"Host": f"127.0.0.1:{PORT + 1}"}), HOST),
        Attack("from another page", ("/TOKEN/", OWN | {"Origin": "http://evil.example"}), PAGE),
        Attack("from a page without an origin", ("/TOKEN/", OWN | {"Origin": "null"}), PAGE),
        Attack("from a page of another port", ("/TOKEN/", OWN | {"Origin": "http://127.0.0.1:1"}), PAGE),
        Attack("from a page of a like name",
               ("/TOKEN/", OWN | {"Origin": f"http://127.0.0.1:{PORT}.evil.example"}), PAGE),
        Attack("a socket from a program without an origin", ("/TOKEN/ws", OWN | SOCKET), PAGE),
        Attack("a socket without the key", ("/ws", FROM_ITSELF | SOCKET), KEY),
    ),
)  # fmt: skip


def fetched(scene: Scene, path: str) -> str:
    """What the server answers one who has its address. TOKEN stands for the secret."""
    pytest.importorskip("textual_serve")
    from aiohttp import web

    from assistant.cli.serve.guard import Guard
    from assistant.cli.serve.server import HOST, AppServer, listen

    async def run() -> str:
        with listen(0) as listening:
            guard = Guard(listening.getsockname()[1])
            runner = web.AppRunner(AppServer(["false"], guard, "<script>evil</script>").application())
            await runner.setup()
            await web.SockSite(runner, listening).start()
            reading, writing = await asyncio.open_connection(HOST, guard.port)
            asked_for = path.replace("TOKEN", guard.token)
            writing.write(
                f"GET {asked_for} HTTP/1.1\r\nHost: {guard.hosts[0]}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = (await reading.read()).decode("utf-8", "replace")
            writing.close()
            await runner.cleanup()
            return answer

    answer = asyncio.run(run())
    assert "<script>evil" not in answer
    assert "root:" not in answer
    assert "class AppServer" not in answer
    return answer


STATIC = "/TOKEN/static"
FETCHED = Kind(
    "files of the served app",
    fetched,
    (
        Attack("its title", "/TOKEN/", "&lt;script&gt;evil"),
        Attack("its address, for the pages that it links to", "/TOKEN/", "Referrer-Policy: no-referrer"),
        Attack("a list of its files", f"{STATIC}/", "HTTP/1.1 403"),
        Attack("a folder above", f"{STATIC}/../server.py", "HTTP/1.1 404"),
        Attack("a folder above with per cents", f"{STATIC}/%2e%2e/server.py", "HTTP/1.1 404"),
        Attack("a folder above, all in per cents", f"{STATIC}/..%2f..%2fetc%2fpasswd", "HTTP/1.1 404"),
        Attack("a folder above with backslashes", f"{STATIC}/..\\server.py", "HTTP/1.1 404"),
        Attack("a file of the system", f"{STATIC}//etc/passwd", "HTTP/1.1 40"),
        Attack("a file of the system with per cents", f"{STATIC}/%2Fetc%2Fpasswd", "HTTP/1.1 40"),
        Attack("a null byte", f"{STATIC}/js/textual.js%00", "HTTP/1.1 40"),
    ),
)  # fmt: skip


def drawn(scene: Scene, tried: str) -> str:
    """The screen once the model has answered so."""

    async def run() -> str:
        app = app_with(ScriptedGenerator(tried), scene.root)
        async with app.run_test(size=(110, 50)) as pilot:
            await say(pilot, "hello")
            await until(pilot, lambda: answers(pilot) and "the end" in answers(pilot)[-1])
            await pilot.pause(0.1)
            if app.screen.query("MarkdownParagraph"):
                await pilot.click("Markdown MarkdownParagraph", offset=(2, 0))
            await pilot.pause()
            assert app.is_running
            return app.export_screenshot()

    words = re.sub(r"<[^>]+>", "", html.unescape(asyncio.run(run())).replace("\xa0", " "))
    return tame(words)


DRAWN = Kind(
    "answers on the app's screen",
    drawn,
    (
        Attack("escapes and tricks", f"{ALL.replace(chr(0xDC9B), '')} the end", "the end"),
        Attack("markup that acts when it is clicked", "[@click=app.quit]click[/] the end", "click"),
        Attack("markup that hides", "[conceal]hidden[/conceal] [black on black]hidden[/] the end", "hidden"),
        Attack("a link", "[click](http://evil.example/) the end", "click"),
        Attack("a link that is a command", "[click](javascript:alert(1)) the end", "click"),
        Attack("a picture", "![click](http://evil.example/a.png?hunter) the end", "the end"),
        Attack("HTML", "<script>click</script>\n\nthe end", "the end"),
    ),
)
KINDS = (SERVED, FETCHED, DRAWN)
