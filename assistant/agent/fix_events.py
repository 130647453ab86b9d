"""What happens in one run of `coder fix`, as typed events, and how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.agent.command import CommandResult
from assistant.agent.places import Place
from assistant.agent.rewrite import Change
from assistant.chat.generator import ReplyEvent
from assistant.engine.stats import Stats
from assistant.errors import ExitCode
from assistant.repo.files import SourceFile
from assistant.repo.hunks import unified_diff

Consent = Callable[[Sequence[Change]], bool]


@dataclass(frozen=True, slots=True)
class FixOptions:
    """`tries` are rounds over the likeliest places; `budget_s` None means as long as it takes."""

    message: str = ""
    test: str | None = None
    tries: int = 3
    test_timeout_s: float = 120.0
    budget_s: float | None = None
    dry_run: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Testing:
    """The test command starts. `why` says on what."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class Tested:
    result: CommandResult


@dataclass(frozen=True, slots=True)
class Asking:
    place: Place
    attempt: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why nothing was made of an answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """Shown before consent is asked."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The change is in these files now; what they were is kept in the outcome's turn."""

    sources: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class Reduced:
    """Hunks that the passing test does not need, and that were dropped again; `diff` shows them."""

    dropped: int
    kept: int
    diff: str


Status = Literal["done", "nothing to do", "not achieved", "refused", "proposed", "out of budget"]


@dataclass(slots=True)
class Outcome:
    """`texts` are the new texts by shown path, of the files that were changed (or, when `proposed`, would
    be). `turn` is the checkpoint that takes them back. `answers` counts the model's replies; `stats` adds
    them up."""

    status: Status = "not achieved"
    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    turn: int | None = None
    answers: int = 0
    test: CommandResult | None = None
    dropped_hunks: int = 0
    stats: Stats = field(default_factory=Stats)
    seconds: float = 0.0

    @property
    def diff(self) -> str:
        return "".join(unified_diff(self.sources[s].text, text, s) for s, text in self.texts.items())

    @property
    def exit_code(self) -> ExitCode:
        match self.status:
            case "done" | "nothing to do" | "proposed":
                return ExitCode.DONE
            case "refused":
                return ExitCode.REFUSED
            case "out of budget":
                return ExitCode.OUT_OF_BUDGET
        return ExitCode.NOT_ACHIEVED

    def changed(self, source: SourceFile, text: str) -> None:
        self.sources[source.shown], self.texts[source.shown] = source, text


FixEvent = Testing | Tested | Asking | ReplyEvent | Unusable | Proposed | Written | Reduced | Outcome
