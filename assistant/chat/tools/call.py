"""What a tool looks like to a model, and a call of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import CoderError


class ToolCallError(CoderError):
    """What a model wrote is no call that can be made; the message is fit for the model."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """`schema` is the JSON schema of the arguments, an object; `long` names the arguments that may be
    whole texts, `example` are arguments to show."""

    name: str
    about: str
    schema: Mapping[str, Any]
    long: frozenset[str] = frozenset()
    example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """`arguments` are as the model wrote them: untrusted, not yet checked against the tool."""

    name: str
    arguments: Mapping[str, Any]
