"""Settings, layer over layer: defaults, the user's file, the repository's file, the environment, flags.

A later layer wins key by key. A server of `[mcp]` and a profile of `[engine]` count as one value each: two
layers never mix in one, so that a repository cannot send what the user keeps in theirs.
"""

from assistant.config.load import Config, Origin, load_config
from assistant.config.settings import AppSettings, Engine, McpServer, Settings
from assistant.config.trust import TrustStore

__all__ = ["AppSettings", "Config", "Engine", "McpServer", "Origin", "Settings", "TrustStore", "load_config"]
