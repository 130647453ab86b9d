"""THE loop: prefill, draft, verify, accept, roll back. Token ids in, token ids out."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Literal

from assistant.engine.constraint import Constraint
from assistant.engine.drafters import Drafter, Share
from assistant.engine.drafters.forced import constrained
from assistant.engine.llama import Context
from assistant.engine.prefix import reuse
from assistant.engine.sampling import Logits, Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats
from assistant.engine.verify import verify
from assistant.errors import ContextFullError

FinishReason = Literal["stop", "length", "context", "cancelled"]
_PREFILL_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Prefilled:
    """`done` of `total` prompt tokens are evaluated, `reused` of them before this generation."""

    done: int
    total: int
    reused: int


@dataclass(frozen=True, slots=True)
class Emitted:
    """Tokens of one step: accepted drafts, in the order of `shares`, and the bonus token."""

    tokens: Sequence[int]
    shares: Sequence[Share] = ()

    @property
    def drafter(self) -> str | None:
        """Who drafted first, None where nothing was drafted."""
        return self.shares[0].drafter if self.shares else None

    @property
    def runs(self) -> Iterator[tuple[str | None, Sequence[int]]]:
        """The tokens by who drafted them, None for those that the target gave alone."""
        at = 0
        for drafter, _, accepted in self.shares:
            if accepted:
                yield drafter, self.tokens[at : at + accepted]
            at += accepted
        if at < len(self.tokens):
            yield None, self.tokens[at:]


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason


GenerationEvent = Prefilled | Emitted | Finished


def generate(
    context: Context,
    prompt: Sequence[int],
    *,
    sampling: Sampling,
    constraint: Constraint | None = None,
    drafters: Sequence[Drafter] = (),
    scheduler: Scheduler | None = None,
    max_tokens: int | None = None,
    cancel: Event | None = None,
    stats: Stats,
) -> Iterator[GenerationEvent]:
    """Continue `prompt` until an end token, `max_tokens`, a full context or `cancel`.

    `stats` is updated before each event. Without `scheduler`, or on a memory that cannot drop a
    suffix, decoding is plain. The tokens are the same either way, and follow `constraint` where there
    is one. Raises ContextFullError when the prompt leaves no room for an answer, CoderError when the
    constraint comes to a dead end."""
    if len(prompt) >= context.size:
        raise ContextFullError(
            f"The prompt has {len(prompt)} tokens and the context holds {context.size}.",
            hint="Give fewer or smaller files, or a larger context with --context.",
        )
    cancel = cancel or Event()
    speculative = scheduler is not None and context.can_drop_suffix
    scheduler = scheduler or Scheduler(())  # knows no costs and drafts nothing
    history = list(prompt)

    drafters = constrained(drafters, constraint) if speculative else ()
    logits = yield from _prefill(context, history, drafters, cancel, stats)
    if logits is None:
        yield Finished("cancelled")
        return
    pending = verify(logits, (), sampling, history, constraint)[0]
    stats.ttft_s = stats.prefill_s
    for drafter in drafters:
        drafter.begin([*history, pending])
    if context.model.is_end(pending):
        yield Finished("stop")
        return
    history.append(pending)
    yield Emitted([pending])

    while True:
        produced = len(history) - len(prompt)
        room = min(context.size - len(history), (max_tokens or context.size) - produced)
        if cancel.is_set() or room <= 0:
            yield Finished(_reason(cancel, max_tokens, produced))
            return
        started = time.perf_counter()
        draft = scheduler.choose(drafters, room - 1, len(history))
        drafted = time.perf_counter()
        logits = context.evaluate([history[-1], *draft.tokens])
        evaluated = time.perf_counter()
        emitted = verify(logits, draft.tokens, sampling, history, constraint)
        accepted = len(emitted) - 1
        context.truncate(len(history) + accepted)  # the pending token and the accepted drafts stay
        for each in drafters:
            each.observe(context, len(history) - 1)
        scheduler.learn(emitted, evaluated - drafted)
        ended = next((i for i, token in enumerate(emitted) if context.model.is_end(token)), None)
        gained = len(emitted) if ended is None else ended + 1  # an end token costs its pass like any other
        emitted = emitted[:ended]
        history += emitted
        shares = draft.shares(min(accepted, len(emitted)))
        for share in shares:
            stats.count(*share)
        for each in drafters:
            each.extend(emitted)
        stats.emitted += gained
        stats.forward_passes += 1
        stats.passes[len(draft.tokens), gained] += 1
        stats.draft_s += drafted - started
        stats.forward_s += evaluated - drafted
        stats.decode_s += time.perf_counter() - started
        if emitted:
            yield Emitted(emitted, shares)
        if ended is not None:
            yield Finished("stop")
            return


def _prefill(
    context: Context, prompt: Sequence[int], drafters: Sequence[Drafter], cancel: Event, stats: Stats
) -> Generator[Prefilled, None, Logits | None]:
    """Evaluate what the KV cache lacks of `prompt`; returns the last token's logits, None when cancelled."""
    started = time.perf_counter()
    stats.prompt_tokens = len(prompt)
    stats.reused_tokens = done = reuse(context, prompt)
    logits: Logits | None = None
    chunk = min(_PREFILL_CHUNK, context.batch_size)
    while done < len(prompt):
        yield Prefilled(done, len(prompt), stats.reused_tokens)
        if cancel.is_set():
            return None
        logits = context.evaluate(prompt[done : done + chunk], all_logits=False)
        context.checkpoint()
        for drafter in drafters:
            drafter.observe(context, done)
        done += chunk
        stats.prefill_s = time.perf_counter() - started
    yield Prefilled(len(prompt), len(prompt), stats.reused_tokens)
    return logits


def _reason(cancel: Event, max_tokens: int | None, produced: int) -> FinishReason:
    if cancel.is_set():
        return "cancelled"
    return "length" if max_tokens is not None and produced >= max_tokens else "context"
