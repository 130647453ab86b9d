"""Which MCP servers the user wants, read from TOML.

[mcp.issues]
command = ["python", "tools/issues.py"]
env = { MODE = "fast", ISSUES_TOKEN = "$ISSUES_TOKEN" }   # $NAME: as it is in coder's own environment
tools = ["search", "comment"]                             # leave out for all
read = ["search"]                                         # these only read: they need no consent
timeout_s = 20
confined = false                                          # with network, and writing anywhere

[mcp.docs]
url = "http://127.0.0.1:8000/mcp"                         # streamable HTTP
"""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from assistant.errors import UsageError

_LONGEST_TIMEOUT_S = 600


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class McpServer:
    """A program to run, or the address of one that runs. `env` is all that it sees of secrets; `tools` are
    those that may be used (None: all), `read` those of them that change nothing, says the user. It has
    `timeout_s` seconds to start, and for every call."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,24}$")]
    command: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_s: Annotated[float, Field(gt=0, le=_LONGEST_TIMEOUT_S)] = 30.0
    tools: tuple[str, ...] | None = None
    read: tuple[str, ...] = ()
    confined: bool = True

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        if self.url and not _is_safe(self.url):
            raise ValueError("a url begins with https://, or with http:// on this machine")

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Its `env`, with what it names of coder's `own`. Raises UsageError for what is missing there."""
        found = {}
        for name, value in self.env.items():
            source = value.removeprefix("$") if value.startswith("$") else None
            if source is not None and source not in own:
                raise UsageError(
                    f"The MCP server {self.name} is to see {source}, which is not set.",
                    hint=f"Set {source} in the environment, or leave it out of its env.",
                )
            found[name] = value if source is None else own[source]
        return found


def read_servers(path: Path) -> list[McpServer]:
    """The servers of a TOML file. Raises UsageError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"The MCP servers in {path} cannot be read: {reason}.") from error
    return servers_of(document, str(path))


def servers_of(document: Mapping[str, Any], where: str) -> list[McpServer]:
    """The servers of a configuration with `mcp` tables. Raises UsageError, which names `where`."""
    tables = document.get("mcp")
    if not isinstance(tables, Mapping) or not tables:
        raise UsageError(
            f"{where} names no MCP server.", hint='Write [mcp.NAME] and command = ["program", "argument"].'
        )
    return [_server(name, table, where) for name, table in tables.items()]


def _server(name: str, table: object, where: str) -> McpServer:
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: mcp.{name} is not a table.")
    try:
        return TypeAdapter(McpServer).validate_python({"name": name, **table})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("mcp", name, *first["loc"])))
        raise UsageError(f"{where}: {place}: {first['msg']}.") from error


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and _is_here(parts.hostname or "")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
