"""What a worker thread tells the screen: of loading, of answers, and of what is done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from assistant.engine.stats import Stats
from assistant.errors import CoderError

if TYPE_CHECKING:  # slow to import
    from assistant.agent.events import AgentEvent, Consent, Refusal, Request
    from assistant.chat.generator import PromptRead, Reply
    from assistant.tui.answer import Answer
    from assistant.tui.generation import Load


@dataclass(frozen=True, slots=True)
class Piece:
    """New text. `drafter` proposed it, None where the target gave it alone."""

    text: str
    thinking: bool
    drafter: str | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """What is shown of a generation. `stats` is a copy of its live counters, `drafter` guessed last."""

    stats: Stats
    drafter: str | None

    @property
    def acceptance(self) -> float | None:
        """None where nothing was drafted."""
        return self.stats.acceptance_rate if self.stats.drafted else None

    @property
    def context_used(self) -> int:
        return self.stats.prompt_tokens + self.stats.emitted

    @classmethod
    def of(cls, live: Stats, drafter: str | None) -> "Speed":
        stats = Stats()
        stats.add(live)
        return cls(stats, drafter)


@dataclass(eq=False)
class Loading(Message):
    """The model is being loaded: what is done now, and how far it is (0 to 1)."""

    what: str
    fraction: float


@dataclass(eq=False)
class Told(Message):
    """A note for the user, about nothing that stops the work."""

    note: str


@dataclass(eq=False)
class Loaded(Message):
    """The model is ready. `pass_seconds[n]` is what a target pass of n tokens costs; empty where unknown."""

    name: str
    context_tokens: int
    pass_seconds: list[float]


@dataclass(eq=False)
class LoadFailed(Message):
    """There is no model to talk to."""

    error: CoderError


@dataclass(eq=False)
class SwitchFailed(Message):
    """Another model could not be loaded; the `former` one is being loaded again."""

    error: CoderError
    former: "Load"


@dataclass(eq=False)
class OfTurn(Message):
    """Told of a turn; `run` is the number of the conversation that it belongs to."""

    run: int


@dataclass(eq=False)
class Reading(OfTurn):
    """The prompt is being read, at so many tokens a second."""

    progress: "PromptRead"
    tokens_per_s: float | None


@dataclass(eq=False)
class Written(OfTurn):
    """New text, in order."""

    pieces: tuple[Piece, ...]
    speed: Speed


@dataclass(eq=False)
class Replied(OfTurn):
    """An answer of the model is whole, or was cancelled."""

    reply: "Reply"
    speed: Speed


@dataclass(eq=False)
class Happened(OfTurn):
    """Something else happened in the turn; the last is its outcome."""

    event: "AgentEvent"


@dataclass(eq=False)
class ConsentWanted(OfTurn):
    """The turn waits for a person to allow this. Without an answer it is a no."""

    request: "Request"
    answer: "Answer[Consent | Refusal]"


@dataclass(eq=False)
class QuestionAsked(OfTurn):
    """The turn waits for what only a person knows. Without an answer nobody is there."""

    question: str
    answer: "Answer[str]"


@dataclass(eq=False)
class Failed(OfTurn):
    """The turn could not be begun, and is forgotten."""

    error: CoderError


@dataclass(eq=False)
class Ended(OfTurn):
    """The turn is over, whatever came of it."""
