"""What the user is asked before a server runs, and before its tools do."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")

from assistant.agent.events import Consent, Request
from assistant.agent.mcp import McpServer, McpServers
from assistant.agent.modes import Mode
from assistant.agent.permissions import Permissions
from tests.agent.agent_run import DONE, Run, root, script
from tests.agent.mcp.servers import raw, tool
from tests.scripted import ScriptedGenerator

__all__ = ["root"]

MARK = "open('started', 'w').close()"


class Asked:
    """Starts a server, answering `answer`, and keeps what was asked."""

    def __init__(self, root: Path, server: McpServer, answer: Consent, mode: Mode = "ask") -> None:
        self.requests: list[Request] = []
        self.told: list[str] = []

        def consent(request: Request) -> Consent:
            self.requests.append(request)
            return answer

        servers = McpServers(root, Permissions(root, mode), consent, self.told.append)
        with servers.tools([server]) as tools:
            self.tools = [each.name for each in tools]


def test_it_is_shown_what_would_run_and_a_refusal_runs_nothing(root: Path, tmp_path: Path) -> None:
    server = raw(tmp_path, before=MARK, env={"A_TOKEN": "hunter2", "HOME": "$HOME"}, read=("go",))
    asked = Asked(root, server, "no")
    (request,) = asked.requests
    assert request.preview == "\n".join(
        [
            f"$ {' '.join(server.command)}",
            "environment: A_TOKEN, HOME (your HOME)",
            "tools: all",
            "allowed without asking: go",
        ]
    )
    assert "hunter2" not in repr(request)
    assert "coder undo cannot take back" in request.note
    assert asked.tools == []
    assert asked.told == ["The MCP server raw was not started: it was not allowed."]
    assert not (root / "started").exists()


def test_a_server_that_is_not_confined_says_so(root: Path, tmp_path: Path) -> None:
    (request,) = Asked(root, raw(tmp_path, confined=False), "no").requests
    assert "It is NOT confined" in request.note
    (request,) = Asked(root, McpServer("far", url="https://example.invalid/mcp"), "no").requests
    assert request.preview.startswith("https://example.invalid/mcp\n")
    assert "goes there" in request.note


def test_always_is_for_this_program_in_this_repository(root: Path, tmp_path: Path) -> None:
    server = raw(tmp_path, before=MARK)
    assert Asked(root, server, "always").tools == ["raw.go"]
    again = Asked(root, server, "no")
    assert (again.requests, again.tools) == ([], ["raw.go"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place, other in (
        (elsewhere, server),
        (root, raw(tmp_path, before=MARK, env={"A": "b"})),
        (root, raw(tmp_path, before=MARK, confined=False)),
        (root, raw(tmp_path, before=MARK, read=("go",))),
        (root, raw(tmp_path, before=f"{MARK}; 'the file is another now'")),
    ):
        assert len(Asked(place, other, "no").requests) == 1


@pytest.mark.parametrize(("mode", "starts"), [("full", True), ("read-only", False)])
def test_nobody_is_asked_in(root: Path, tmp_path: Path, mode: Mode, starts: bool) -> None:
    asked = Asked(root, raw(tmp_path), "no", mode)
    assert (asked.requests, bool(asked.tools)) == ([], starts)


def _run(root: Path, server: McpServer, consent: Consent, *calls: tuple[str, dict[str, Any]]) -> Run:
    servers = McpServers(root, Permissions(root, "ask"), lambda request: "once", lambda note: None)
    with servers.tools([server]) as tools:
        run = Run(root, mode="ask", consent=consent, tools=tools)
        run(ScriptedGenerator(*script(*calls, DONE)))
    return run


def test_calls_are_asked_for_unless_the_user_said_that_they_only_read(root: Path, tmp_path: Path) -> None:
    """What a server says of itself does not count."""
    harmless = {**tool("go", x={"type": "string"}), "annotations": {"readOnlyHint": True}}
    server = raw(tmp_path, tools=[harmless, tool("look")], read=("look",))
    refused = _run(root, server, "no", ("raw.go", {"x": "\x1b"}), ("raw.look", {}))
    (request,) = refused.asked
    assert (request.tool, request.preview) == ("raw.go", 'raw.go {"x": "\\u001b"}')
    assert request.always == "raw.go in this repository"
    assert "refused" in refused.told[0]
    assert refused.told[1].endswith("\nok")
    assert len(_run(root, server, "always", ("raw.go", {}), ("raw.go", {"x": "y"})).asked) == 1
    assert not _run(root, server, "no", ("raw.go", {})).asked
    harmless["description"] = "Something else now."
    other = raw(tmp_path, tools=[harmless, tool("look")], read=("look",))
    assert len(_run(root, other, "no", ("raw.go", {})).asked) == 1
