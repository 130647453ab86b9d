"""What happens while the agent works, as typed events, and how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from assistant.agent.command import CommandResult
from assistant.chat.generator import PromptRead, Reply, ReplyEvent, TextPiece
from assistant.engine.stats import Stats
from assistant.errors import ExitCode

Status = Literal["done", "step limit", "repetition", "context full", "refused", "out of budget", "cancelled"]
_EXIT_CODES: dict[Status, ExitCode] = {
    "done": ExitCode.DONE,
    "refused": ExitCode.REFUSED,
    "out of budget": ExitCode.OUT_OF_BUDGET,
    "cancelled": ExitCode.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a person is asked to allow. `preview` is the diff or the command, `note` what it may do besides,
    `always` what saying "always" would allow, empty where it cannot be said."""

    tool: str
    preview: str
    note: str = ""
    always: str = ""


Consent = Literal["no", "once", "always"]
AskConsent = Callable[[Request], Consent]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the model's context by what is in it; `free` is left, for the answer too."""

    system: int
    map: int
    files: int
    conversation: int
    free: int


@dataclass(frozen=True, slots=True)
class Started:
    task: str
    model: str
    mode: str


@dataclass(frozen=True, slots=True)
class Step:
    """The model is about to be asked, `usage` being in its context."""

    number: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What was taken out of the model's context to make room, one line each."""

    what: tuple[str, ...]
    tokens_before: int
    tokens_after: int


@dataclass(frozen=True, slots=True)
class Called:
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Consented:
    """A person was asked, and answered."""

    request: Request
    answer: Consent


@dataclass(frozen=True, slots=True)
class Changed:
    """Files were written; what they were is kept. `problems` are the syntax errors that are in them now."""

    paths: tuple[str, ...]
    diff: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checking:
    """The project's own check starts."""

    command: str


@dataclass(frozen=True, slots=True)
class Checked:
    result: CommandResult


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """Changes without which the check passes as well. They stay: a task may want more than is checked."""

    diff: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What the model is told of its call. `brief` is the step in one line; `of_file` says that it shows
    a file, `changed` that files were written. `cut` says that it is not all."""

    text: str
    brief: str
    ok: bool = True
    cut: bool = False
    of_file: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. `turn` is the checkpoint that takes the changes back; `stats` add up all answers.
    `test` is the last run of the project's check."""

    status: Status
    answer: str = ""
    steps: int = 0
    changed: tuple[str, ...] = ()
    turn: int | None = None
    test: CommandResult | None = None
    stats: Stats = field(default_factory=Stats)
    seconds: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        return _EXIT_CODES.get(self.status, ExitCode.NOT_ACHIEVED)


AgentEvent = (
    Started
    | Step
    | Shrunk
    | ReplyEvent
    | Called
    | Consented
    | Changed
    | Checking
    | Checked
    | NotNeeded
    | Observed
    | Outcome
)


def as_json(event: AgentEvent) -> dict[str, Any] | None:
    """The event for `--json` and the session's file; None for progress that its reply sums up."""
    if isinstance(event, PromptRead | TextPiece):
        return None
    document: dict[str, Any] = {"event": type(event).__name__.lower()}
    if isinstance(event, Reply):
        document |= {"text": event.text, "thinking": event.thinking, "finish": event.finish}
        return document | {"metrics": event.stats.as_dict()}
    if isinstance(event, Outcome):
        test = asdict(event.test) if event.test else None
        document |= {"status": event.status, "answer": event.answer, "steps": event.steps}
        document |= {"changed": list(event.changed), "turn": event.turn, "test": test}
        return document | {"seconds": round(event.seconds, 3), "metrics": event.stats.as_dict()}
    return document | asdict(event)
