"""What happens while the agent works, as typed events, and how it ended."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from assistant.agent.briefing import NO_BRIEFING, Briefing
from assistant.agent.command import CommandResult
from assistant.agent.pace import PlainEstimate
from assistant.agent.rewrite import Change
from assistant.chat.generator import PromptRead, Reply, ReplyEvent, TextPiece
from assistant.engine.stats import Stats
from assistant.errors import ExitCode

Status = Literal[
    "done", "nothing to do", "proposed", "not achieved", "step limit", "repetition", "no call",
    "context full", "refused", "out of budget", "cancelled",
]  # fmt: skip
_EXIT_CODES: dict[Status, ExitCode] = {
    "done": ExitCode.DONE,
    "nothing to do": ExitCode.DONE,
    "proposed": ExitCode.DONE,
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """A "no" with the words that the model is told."""

    reason: str


AskConsent = Callable[[Request], Consent | Refusal]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the model's context by what is in it: `system` with the repository's own instructions,
    `files` that were mentioned or read. `free` is left, for the answer too."""

    system: int
    map: int
    files: int
    conversation: int
    free: int


@dataclass(frozen=True, slots=True)
class Started:
    """A task begins, with what the model is told of the repository; one that goes on has that before it."""

    task: str
    model: str
    mode: str
    briefing: Briefing = NO_BRIEFING


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
class Asking:
    """The model is about to be asked to write `what` anew, a definition or a file, for the n-th time."""

    what: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why nothing was made of an answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the answers make of the files: shown before consent is asked."""

    changes: tuple[Change, ...]

    @property
    def diff(self) -> str:
        return "".join(change.diff for change in self.changes)


@dataclass(frozen=True, slots=True)
class Reduced:
    """Hunks that the passing check does not need, and that were dropped again; `diff` shows them."""

    dropped: int
    kept: int
    diff: str


@dataclass(frozen=True, slots=True)
class Called:
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Consented:
    """A person was asked, and answered; `reason` says why not, where they did."""

    request: Request
    answer: Consent
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """Files were written; what they were is kept. `problems` are the syntax errors that are in them now."""

    paths: tuple[str, ...]
    diff: str
    problems: tuple[str, ...] = ()

    @classmethod
    def by(cls, changes: Iterable[Change]) -> "Changed":
        changes = list(changes)
        paths = tuple(change.place.source.shown for change in changes)
        return cls(paths, "".join(change.diff for change in changes))


@dataclass(frozen=True, slots=True)
class Checking:
    """The project's own check starts. `why` says on what, where that is not what was just written."""

    command: str
    why: str = ""


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
class Undone:
    """A turn was taken back: these files are as they were before it."""

    turn: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rewound:
    """The last `tasks` tasks are forgotten. What they changed stays."""

    tasks: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. `steps` are the answers of the model, `changed` the files that were written or, where it
    is `proposed`, would be; `diff` is the change to them where it is known, `not_needed` that which the check
    passes without: dropped by the fixer, kept by the loop. `turn` is the checkpoint that takes the changes
    back; `stats` add up all answers. `test` is the last run of the project's check, `why` says more of how it
    ended. `plain` is what decoding without drafts would have reached meanwhile, as far as that is known, with
    `budget_s` seconds allowed."""

    status: Status
    answer: str = ""
    steps: int = 0
    changed: tuple[str, ...] = ()
    turn: int | None = None
    test: CommandResult | None = None
    stats: Stats = field(default_factory=Stats)
    seconds: float = 0.0
    why: str = ""
    diff: str = ""
    not_needed: str = ""
    budget_s: float | None = None
    plain: PlainEstimate | None = None

    @property
    def exit_code(self) -> ExitCode:
        return _EXIT_CODES.get(self.status, ExitCode.NOT_ACHIEVED)


AgentEvent = (
    Started
    | Step
    | Shrunk
    | ReplyEvent
    | Asking
    | Unusable
    | Proposed
    | Reduced
    | Called
    | Consented
    | Changed
    | Checking
    | Checked
    | NotNeeded
    | Observed
    | Undone
    | Rewound
    | Outcome
)


def as_json(event: AgentEvent) -> dict[str, Any] | None:
    """The event for `--json` and the session's file; None for progress that its reply sums up."""
    name = {"event": type(event).__name__.lower()}
    match event:
        case PromptRead() | TextPiece():
            return None
        case Reply():
            said = {"text": event.text, "thinking": event.thinking, "finish": event.finish}
            return {**name, **said, "metrics": event.stats.as_dict()}
        case Checked():
            return {**name, "result": _test_as_json(event.result)}
        case Proposed():
            paths = [change.place.source.shown for change in event.changes]
            return {**name, "paths": paths, "diff": event.diff}
        case Outcome():
            plain = {each.name: getattr(event, each.name) for each in fields(event)}
            stats, test = plain.pop("stats").as_dict(), event.test and _test_as_json(event.test)
            plain |= {"changed": list(event.changed), "seconds": round(event.seconds, 3)}
            plain |= {"plain": event.plain and asdict(event.plain)}
            return {**name, **plain, "test": test, "metrics": stats}
    return {**name, **asdict(event)}


def report(happened: Iterable[AgentEvent]) -> dict[str, Any]:
    """A run as the one document of `--json`: how it ended, with all events that led there."""
    documents = [document for event in happened if (document := as_json(event))]
    *_, outcome = documents
    return {**{key: value for key, value in outcome.items() if key != "event"}, "events": documents}


def _test_as_json(result: CommandResult) -> dict[str, Any]:
    return {
        "command": result.command,
        "passed": result.passed,
        "exit_code": result.returncode,
        "stopped": result.stopped or None,
        "seconds": round(result.seconds, 3),
        "output": result.output,
    }
