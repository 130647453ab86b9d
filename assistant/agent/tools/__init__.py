"""The tools, one file each, and the box that they are taken from."""

from assistant.agent.tools.tool import Action, AskUser, Environment, Permission, Result, Tool
from assistant.agent.tools.toolbox import Toolbox, tools_for

__all__ = ["Action", "AskUser", "Environment", "Permission", "Result", "Tool", "Toolbox", "tools_for"]
