"""A headless Chromium, driven over its DevTools protocol."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_PATIENCE_S = 60.0


class Page:
    """One tab. `frames` are the payloads that came over its websockets, `problems` what it complained about,
    `requested` the addresses it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.frames: list[str] = []
        self.problems: list[str] = []
        self.requested: list[str] = []

    async def listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if answer := self._answers.pop(said.get("id", 0), None):
                answer.set_result(said)
            match said.get("method"), said.get("params"):
                case "Network.webSocketFrameReceived", {"response": {"payloadData": data, "opcode": kind}}:
                    text = base64.b64decode(data) if kind == 2 else data.encode()
                    self.frames.append(text.decode("utf-8", "replace"))
                case "Network.requestWillBeSent", {"request": {"url": url}}:
                    self.requested.append(url)
                case "Log.entryAdded", {"entry": {"level": "error", "text": text}}:
                    self.problems.append(text)
                case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                    self.problems.append(json.dumps(details))

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        said = await asyncio.wait_for(answer, _PATIENCE_S)
        assert "error" not in said, said
        return dict(said["result"])

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    async def evaluate(self, expression: str) -> Any:
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    async def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode((await self.call("Page.captureScreenshot"))["data"]))

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not what():
                await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(address: str, folder: Path) -> AsyncIterator[Page]:
    """The page at an address, in a browser whose profile lies in `folder`."""
    assert CHROMIUM
    browser = subprocess.Popen(
        [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={folder}",
            "--window-size=1000,700", "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await _port_in(folder / "DevToolsActivePort")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                target = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                for domain in ("Network", "Log", "Runtime", "Page"):
                    await page.call(f"{domain}.enable")
                await page.call("Page.navigate", url=address)
                yield page
                listening.cancel()
    finally:
        browser.terminate()
        browser.wait(20)


async def _port_in(file: Path) -> int:
    async with asyncio.timeout(_PATIENCE_S):
        while not (file.exists() and file.read_text().strip()):
            await asyncio.sleep(0.05)
    return int(file.read_text().split()[0])
