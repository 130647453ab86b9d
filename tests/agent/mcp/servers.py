"""MCP servers for tests: a real one, and small ones that misbehave."""

import sys
from pathlib import Path
from typing import Any

from assistant.agent.mcp import McpServer

REAL = """
import json, os, sys
from typing import Literal
from mcp.server import MCPServer
from pydantic import BaseModel

class Place(BaseModel):
    city: str
    zip: int | None = None

server = MCPServer("real")

@server.tool(description="Add two\\n\\x1b[31mnumbers")
def add(a: int, b: int = 1) -> str:
    return str(a + b)

@server.tool()
def echo(text: str, style: Literal["plain", "loud"] = "plain", place: Place | None = None) -> str:
    return f"{text} {style} {place.city if place else '-'}"

@server.tool()
def environment() -> str:
    return json.dumps(dict(os.environ))

@server.tool()
def write(path: str) -> str:
    open(path, "w").close()
    return "written"

@server.tool()
def much() -> str:
    return "x" * 100_000 + "\\x1b]0;evil\\x07"

@server.tool()
def fail() -> str:
    raise ValueError("no such issue")

server.run("stdio")
"""

# TOOLS are what it lists, BEFORE is done when it starts, CALL when a tool is called.
RAW = """
import json, os, subprocess, sys, time

tools = TOOLS

def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def answer(id, text):
    send(id=id, result={"content": [{"type": "text", "text": text}]})

def call(id, name, arguments):
    CALL

def main():
    BEFORE
    for line in sys.stdin:
        message = json.loads(line)
        id, method, params = message.get("id"), message.get("method"), message.get("params") or {}
        if method == "initialize":
            result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}}
            send(id=id, result=result | {"serverInfo": {"name": "raw", "version": "1"}})
        elif method == "tools/list":
            send(id=id, result={"tools": tools})
        elif method == "tools/call":
            call(id, params["name"], params.get("arguments"))

main()
"""


def tool(name: str, **properties: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object", "properties": properties}}


def raw(
    folder: Path,
    *,
    tools: Any = (),
    before: str = "pass",
    call: str = "answer(id, 'ok')",
    name: str = "raw",
    tools_wanted: tuple[str, ...] | None = None,
    **options: Any,
) -> McpServer:
    """A server that does `before` when it starts and `call` when a tool is called."""
    listed = [*tools] or [tool("go")]
    code = RAW.replace("TOOLS", repr(listed)).replace("BEFORE", before).replace("CALL", call)
    return _script(folder, name, code, ("-I", "-S"), tools=tools_wanted, **options)


def real(folder: Path, **options: Any) -> McpServer:
    """A server that is made with `mcp` itself."""
    return _script(folder, "real", REAL, (), **options)


def _script(folder: Path, name: str, code: str, flags: tuple[str, ...], **options: Any) -> McpServer:
    path = folder / f"{name}.py"
    path.write_text(code)
    return McpServer(name, (sys.executable, *flags, str(path)), **options)
