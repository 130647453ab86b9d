"""How much the agent may do without asking."""

from typing import Literal, get_args

Mode = Literal["ask", "auto-edit", "full", "read-only", "plan"]
MODES: tuple[Mode, ...] = get_args(Mode)
