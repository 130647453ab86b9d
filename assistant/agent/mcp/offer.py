"""Which of a server's tools are offered, and what the user should know of those that are not."""

from collections.abc import Callable, Iterator

from assistant.agent.mcp.connection import Connection
from assistant.agent.mcp.schema import UnusableToolError
from assistant.agent.mcp.server import McpServer
from assistant.agent.mcp.tool import McpTool
from assistant.agent.tools import Permission

# More than these a small model neither reads nor tells apart.
MOST_TOOLS = 24
_SHOWN_NAME = 64


def offered(
    server: McpServer, connection: Connection, *, note: str, launch: str, tell: Callable[[str], None]
) -> Iterator[McpTool]:
    """Those that the user wants and that can be called. `launch` identifies what runs, `note` says how it is
    confined."""
    wanted = [tool for tool in connection.listed if server.tools is None or tool.name in server.tools]
    for name in sorted(set(server.tools or ()).difference(tool.name for tool in wanted)):
        tell(f"The MCP server {server.name} has no tool {name}.")
    if len(wanted) > MOST_TOOLS:
        tell(
            f"The MCP server {server.name} has {len(wanted)} tools; the first {MOST_TOOLS} are offered. "
            "Name those you want in its tools."
        )
    taken: set[str] = set()
    for listed in wanted[:MOST_TOOLS]:
        permission: Permission = "read" if listed.name in server.read else "run"
        try:
            tool = McpTool(server.name, listed, connection, permission=permission, note=note, launch=launch)
            if tool.name in taken:
                raise UnusableToolError("another one has the same name")
        except UnusableToolError as reason:
            tell(f"The tool {server.name}.{listed.name[:_SHOWN_NAME]} is left out: {reason}.")
            continue
        taken.add(tool.name)
        yield tool
