"""MCP servers: programs that add tools, started with consent, confined, and not believed."""

from assistant.agent.mcp.server import McpServer, read_servers, servers_of
from assistant.agent.mcp.start import McpServers

__all__ = ["McpServer", "McpServers", "read_servers", "servers_of"]
