"""What a check finds."""

from dataclasses import dataclass
from typing import Literal

from assistant.errors import CoderError

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """`found` says what is there, `mend` is the command or sentence that mends it. A warning is about
    something that coder does without, or does slower."""

    name: str
    status: Status
    found: str
    mend: str = ""


def failure(name: str, error: CoderError, status: Status = "failed") -> Check:
    """What `error` says, as a check."""
    return Check(name, status, error.message, error.hint)
