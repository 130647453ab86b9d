"""What a worker thread tells the screen of loading and replying."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from assistant.engine.stats import Stats
from assistant.errors import CoderError

if TYPE_CHECKING:  # slow to import
    from assistant.agent.dialogue import Question
    from assistant.chat.generator import PromptRead, Reply


@dataclass(frozen=True, slots=True)
class Speed:
    """What is shown of a generation, copied out of its live counters."""

    tokens_per_s: float
    acceptance: float | None
    tau: float
    drafter: str | None
    prompt_tokens: int
    reused_tokens: int
    emitted: int

    @property
    def context_used(self) -> int:
        return self.prompt_tokens + self.emitted

    @classmethod
    def of(cls, stats: Stats, drafter: str | None) -> "Speed":
        return cls(
            tokens_per_s=stats.decode_tps,
            acceptance=stats.acceptance_rate if stats.drafted else None,
            tau=stats.mean_accepted_length,
            drafter=drafter,
            prompt_tokens=stats.prompt_tokens,
            reused_tokens=stats.reused_tokens,
            emitted=stats.emitted,
        )


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
    """The model is ready."""

    name: str
    context_tokens: int


@dataclass(eq=False)
class LoadFailed(Message):
    """There is no model to talk to."""

    error: CoderError


@dataclass(eq=False)
class Asked(Message):
    """The question is made, and goes to the model. `run` is the number of the conversation."""

    run: int
    question: "Question"


@dataclass(eq=False)
class Reading(Message):
    """The prompt is being read, at so many tokens a second."""

    run: int
    progress: "PromptRead"
    tokens_per_s: float | None


@dataclass(eq=False)
class Written(Message):
    """New text: (text, is it thinking) in order."""

    run: int
    pieces: tuple[tuple[str, bool], ...]
    speed: Speed


@dataclass(eq=False)
class Finished(Message):
    """The reply is whole, or was cancelled."""

    run: int
    question: "Question"
    reply: "Reply"
    speed: Speed


@dataclass(eq=False)
class Failed(Message):
    """There is no reply, or only a part of it."""

    run: int
    error: CoderError
