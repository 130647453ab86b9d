"""What the agent needs of a model: messages in, text events out.

The in-process engine (`chat.local`) and a remote server both satisfy `Generator`; tests script one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Literal, Protocol, runtime_checkable

from assistant.catalog.edit_format import EditFormat
from assistant.chat.messages import Message
from assistant.chat.tools.formats import ToolFormatName
from assistant.engine.constraint import Grammar
from assistant.engine.sampling import Sampling
from assistant.engine.stats import Stats

# "lost": a server broke off in the middle of the answer; "circles": that began to repeat itself.
FinishReason = Literal["stop", "length", "context", "cancelled", "lost", "circles"]


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """How to answer. `sources` are texts that the answer will largely copy, such as the file being
    rewritten: the edit drafter follows them. `max_tokens` None means as much as the context holds.
    Setting `cancel` ends the reply within one step. `prefix` is put into the assistant's mouth, unless
    the model reasons first. `thinking` asks a model that can choose to do so. `grammar` is what the
    whole answer must satisfy, `prefix` included and reasoning left out: it does when the reply ends
    with "stop". It has an end of its own, so `stop` does not count with it. Without `speculate`
    decoding is plain: the baseline of every measurement."""

    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    prefix: str = ""
    grammar: Grammar | None = None
    thinking: bool = False
    speculate: bool = True
    cancel: Event | None = None


@dataclass(frozen=True, slots=True)
class PromptRead:
    """Prefill progress: `done` of `total` prompt tokens are in the KV cache, `reused` were there before."""

    done: int
    total: int
    reused: int


@dataclass(frozen=True, slots=True)
class TextPiece:
    """New text: a run of accepted tokens at once. `drafter` proposed it (None: the target alone).

    `stats` is live and grows with the generation; read it, do not keep it."""

    text: str
    thinking: bool
    drafter: str | None
    stats: Stats


@dataclass(frozen=True, slots=True)
class Reply:
    """The last event: the whole answer (with `prefix`), the reasoning split from it, and why it ended.
    `notes` tell the user what went wrong beside it, such as a cache that cannot be written."""

    text: str
    thinking: str
    finish: FinishReason
    stats: Stats
    notes: tuple[str, ...] = ()


ReplyEvent = PromptRead | TextPiece | Reply


@dataclass(frozen=True, slots=True)
class KeptState:
    """A conversation whose KV state is in the file `state`; its first `prompt_tokens` tokens are those of the
    text `prompt`, the others were sampled."""

    state: Path
    prompt: str
    prompt_tokens: int


class Generator(Protocol):
    """A model that answers. `reply` yields events and ends with exactly one `Reply`."""

    @property
    def name(self) -> str: ...

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may take together."""
        ...

    @property
    def thinks_first(self) -> bool:
        """Every answer begins with reasoning, so that no prefix can be put before it."""
        ...

    @property
    def tool_format(self) -> ToolFormatName | None:
        """How this model writes the call of a tool; None where it is too small to get anywhere with tools."""
        ...

    @property
    def edit_format(self) -> EditFormat | None:
        """How this model is to write changes of files; None where nothing speaks for one."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Prompt tokens that these messages make once rendered."""
        ...

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        """Before anything is evaluated, raises ContextFullError when the prompt does not fit and
        UsageError when the grammar cannot be used."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class KeepsState(Protocol):
    """A generator whose conversations can be gone on with later, in another process, without a prefill."""

    def keep_state(self) -> KeptState | None:
        """Keep on disk what was evaluated; None where it cannot be kept."""
        ...

    def take_up(self, kept: KeptState) -> bool:
        """Go on with that conversation: a prompt that begins with it keeps its token ids, and so is served
        from the KV state. False where the state is gone, or another model's."""
        ...


@runtime_checkable
class KnowsCosts(Protocol):
    """A generator that knows what the passes of its target cost."""

    @property
    def cost_curve(self) -> list[float]:
        """Seconds of a target pass by its number of tokens, index 0 unused; empty where unknown."""
        ...
