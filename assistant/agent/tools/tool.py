"""What a tool is: typed arguments, a permission, and an action that is known before it is done."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.agent.confine import Confinement, confinement
from assistant.agent.edits import PlannedChange
from assistant.chat.tools import ToolCallError, ToolSpec
from assistant.repo.checkpoints import FileState
from assistant.repo.workspace import Workspace, holds_secrets, obeyed_by_programs

Permission = Literal["read", "write", "run"]
AskUser = Callable[[str], str | None]
# A field that may hold the whole text of a file.
LONG: dict[str, bool] = {"x-long": True}
_MOST_FAULTS = 4


class Arguments(BaseModel):
    """Arguments are untrusted: nothing but what is declared, within its bounds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


LINE = r"^[^\x00-\x1f]*$"
PathArgument = Field(min_length=1, max_length=300, pattern=LINE)


@dataclass(slots=True)
class Environment:
    """What tools work on and with. `record` keeps what a file was before it is written; `ask_user` gives
    None where nobody can be asked; `room_chars` bounds what the model is shown at once. `read` are the texts
    of files that were read, the latest last: what is written next will look like them."""

    workspace: Workspace
    record: Callable[[Mapping[str, FileState]], None]
    cancel: Event = field(default_factory=Event)
    ask_user: AskUser = lambda question: None
    confinement: Callable[[], Confinement] = confinement
    room_chars: int = 8000
    read: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What the model is told. `cut` says that it is not all. `changes` are what was written, `finished` the
    closing words of the task."""

    text: str
    ok: bool = True
    cut: bool = False
    changes: tuple[PlannedChange, ...] = ()
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a call would do. `preview` is what a person needs to see in order to agree: a diff or a command,
    with a `note` on its risks. `secrets` are paths that nobody touches without consent, `obeyed` those of
    files that other programs obey by themselves. `grant` is what "always" is said to, where that is neither
    the tool as such nor how a command begins."""

    perform: Callable[[], Result]
    preview: str = ""
    note: str = ""
    command: str = ""
    secrets: tuple[str, ...] = ()
    obeyed: tuple[str, ...] = ()
    grant: str = ""

    @classmethod
    def writing(cls, paths: Sequence[str], perform: Callable[[], Result], preview: str) -> "Action":
        """One that writes the files at `paths`, with all that needs consent for it."""
        secrets, obeyed = tuple(filter(holds_secrets, paths)), tuple(filter(obeyed_by_programs, paths))
        return cls(perform, preview, secrets=secrets, obeyed=obeyed)


A = TypeVar("A", bound=BaseModel)


class Tool(ABC, Generic[A]):
    """One tool. `about` is the line that the model reads of it."""

    name: str
    about: str
    permission: Permission = "read"
    example: ClassVar[Mapping[str, Any]] = {}
    Arguments: type[A]

    def __init__(self, about: str = "") -> None:
        """`about` says it otherwise."""
        if about:
            self.about = about

    def checked(self, arguments: Mapping[str, Any]) -> A:
        """What the model wrote, as the tool takes it. Raises ToolCallError."""
        try:
            return self.Arguments.model_validate(dict(arguments))
        except ValidationError as error:
            wrong = [
                f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}"
                for each in error.errors()
            ]
            raise misused(self.name, wrong) from error

    @abstractmethod
    def prepare(self, arguments: A, environment: Environment) -> Action:
        """What the call would do; nothing is changed yet. Raises CoderError where it cannot be done."""

    def spec(self) -> ToolSpec:
        schema = self.Arguments.model_json_schema()
        properties: dict[str, dict[str, Any]] = schema["properties"]
        return ToolSpec(
            self.name,
            self.about,
            {
                "type": "object",
                "properties": {name: _plain(each) for name, each in properties.items()},
                "required": schema.get("required", []),
            },
            frozenset(name for name, each in properties.items() if "x-long" in each),
            self.example,
        )


def misused(name: str, wrong: Sequence[str]) -> ToolCallError:
    """The arguments of a call are not what its tool takes."""
    return ToolCallError(f"{name} cannot be called like this: {'; '.join(wrong[:_MOST_FAULTS])}.")


def bounded(text: str, environment: Environment, advice: str, *, cut: bool = False) -> Result:
    """A result of whole lines that fits; where it was cut it says so, and what to do about it."""
    if len(text) > environment.room_chars:
        text = text[: environment.room_chars]
        text = text[: text.rfind("\n") + 1] or text
        cut = True
    return Result(f"{text.rstrip()}\n(cut here: {advice})" if cut else text.rstrip("\n"), cut=cut)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without what a grammar has no use for."""
    return {key: value for key, value in schema.items() if key not in ("title", "default", "x-long")}
