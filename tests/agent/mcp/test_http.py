"""A server that is reached over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("mcp")

from assistant.agent.mcp import McpServer
from assistant.errors import CoderError
from tests.agent.agent_run import root
from tests.agent.mcp.servers import tool
from tests.agent.mcp.test_servers import called, offered

__all__ = ["root"]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with JSON; `text` is what the tool answers."""

    text = "ok"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        results: dict[str, Any] = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "far", "version": "1"},
            },
            "tools/list": {"tools": [tool("go")]},
            "tools/call": {"content": [{"type": "text", "text": self.text}]},
        }
        if message.get("method") in results:
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}
            self._send(200, json.dumps(answer).encode())
        else:
            self._send(202)

    def do_GET(self) -> None:
        self._send(405)

    def _send(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def listening(text: str) -> Iterator[str]:
    handler = type("Answering", (Handler,), {"text": text})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/mcp"
        finally:
            server.shutdown()


def test_its_tools_are_called(root: Path) -> None:
    with listening("hi") as url, offered(root, [McpServer("far", url=url)]) as tools:
        assert list(tools) == ["far.go"]
        assert called(root, tools["far.go"]).text.endswith("\nhi")


def test_an_answer_without_end_is_not_kept(root: Path) -> None:
    with (
        listening("x" * 6_000_000) as url,
        offered(root, [McpServer("far", url=url)]) as tools,
        pytest.raises(CoderError, match="more than 4 MB"),
    ):
        called(root, tools["far.go"])


def test_one_that_is_not_there(root: Path) -> None:
    with listening("") as url:
        pass
    told: list[str] = []
    with offered(root, [McpServer("far", url=url, timeout_s=5)], told) as tools:
        assert not tools
    assert told[0].startswith("The MCP server far cannot be reached: ")
