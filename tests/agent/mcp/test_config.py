"""The servers that a TOML file names."""

import sys
from pathlib import Path

import pytest

from assistant.agent.mcp import McpServer, McpServers, read_servers
from assistant.agent.permissions import Permissions
from assistant.errors import UsageError


def test_all_that_can_be_said_of_a_server(tmp_path: Path) -> None:
    file = tmp_path / "mcp.toml"
    file.write_text(
        """
        [mcp.issues]
        command = ["python", "tools/issues.py"]
        env = { MODE = "fast", ISSUES_TOKEN = "$ISSUES_TOKEN" }
        tools = ["search", "comment"]
        read = ["search"]
        timeout_s = 20
        confined = false

        [mcp.docs]
        url = "http://127.0.0.1:8000/mcp"
        """
    )
    assert read_servers(file) == [
        McpServer(
            "issues",
            ("python", "tools/issues.py"),
            env={"MODE": "fast", "ISSUES_TOKEN": "$ISSUES_TOKEN"},
            tools=("search", "comment"),
            read=("search",),
            timeout_s=20.0,
            confined=False,
        ),
        McpServer("docs", url="http://127.0.0.1:8000/mcp"),
    ]


WRONG = {
    "": "names no MCP server",
    "mcp = 3": "names no MCP server",
    "[mcp]\na = 3": "mcp.a is not a table",
    "a = " + "[" * 5000: "cannot be read",
    "[mcp.a]": "either a command or a url",
    "[mcp.a]\ncommand = ['x']\nurl = 'https://x'": "either a command or a url",
    "[mcp.a]\ncommand = 'x'": "mcp.a.command: Input should be a valid tuple",
    "[mcp.a]\ncommand = ['']": "mcp.a.command.0",
    "[mcp.a]\ncommand = ['x']\ncolour = 1": "mcp.a.colour: Unexpected keyword argument",
    "[mcp.a]\ncommand = ['x']\ntimeout_s = 0": "mcp.a.timeout_s: Input should be greater than 0",
    "[mcp.a]\nurl = 'http://example.org/mcp'": "https://",
    "[mcp.a]\nurl = 'file:///etc/passwd'": "https://",
    "[mcp.'a b']\ncommand = ['x']": "mcp.a b.name",
    "[mcp.a\n": "cannot be read",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_is_wrong_says_where(text: str, tmp_path: Path) -> None:
    file = tmp_path / "mcp.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        read_servers(file)
    assert WRONG[text] in raised.value.message
    assert str(file) in raised.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_servers(tmp_path / "mcp.toml")


def test_without_the_package_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    servers = McpServers(tmp_path, Permissions(tmp_path, "full"), lambda request: "no", print)
    with pytest.raises(UsageError) as raised, servers.tools([McpServer("a", ("true",))]):
        pass
    assert "coder-assistant[mcp]" in raised.value.hint
