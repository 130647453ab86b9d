"""A conversation as the rest of the program speaks of it."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `content` is what a person would read; reasoning is never sent back."""

    role: Role
    content: str
