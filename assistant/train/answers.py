"""The target answers, many prompts side by side, and what it computes is recorded in the same passes.

A pass of 32 sequences costs some eight times one of a single sequence: this is what makes enough text of
the target's own affordable.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from assistant.chat.families import Family
from assistant.chat.messages import Message
from assistant.chat.template import render
from assistant.engine.llama import ContextOptions, Hidden, HiddenStates, Model, ParallelContext
from assistant.engine.sampling import Logits, gumbel
from assistant.errors import ModelError
from assistant.train.data import Prompt, Request
from assistant.train.recording import TOP, Recording, Rows

_SLOTS = 32
_LONGEST_PROMPT, _LONGEST_ANSWER = 640, 384
_TEMPERATURE = 0.7


def record_answers(
    model: Model,
    family: Family,
    layers: Sequence[int],
    requests: Iterable[Request],
    recording: Recording,
    go_on: Callable[[], bool],
) -> None:
    """Answer the requests that `recording` lacks, until there are no more or `go_on` says no; it is asked
    after each pass, and what is answered in part by then is kept as it is. Raises ModelError where memory is
    short, CoderError when the disk is full."""
    recorded = {(answer.key, answer.sample) for answer in recording.answers}
    waiting = (r for r in requests if (r.prompt.key, r.sample) not in recorded)
    with _open_context(model) as context:
        states = HiddenStates(context, layers)
        running: dict[int, _Sequence] = {}
        wanted = True
        while wanted or running:
            for slot in range(context.sequences):
                if wanted and slot not in running:
                    begun = next((b for r in waiting if (b := _prompted(r, model, family))), None)
                    wanted = begun is not None
                    if begun:
                        running[slot] = begun
                        begun.read_prompt(context, slot, states)
            for slot in [slot for slot, sequence in running.items() if sequence.has_ended(model)]:
                running.pop(slot).save(recording)
            if running:
                logits = context.step({slot: sequence.tokens[-1] for slot, sequence in running.items()})
                seen, likeliest = _read(states, len(running)), _likeliest(logits)
                for row, slot in enumerate(sorted(running)):
                    running[slot].take(seen[row : row + 1], likeliest.of(row))
            if not go_on():
                break
        for sequence in running.values():
            sequence.save(recording)


@dataclass(frozen=True, slots=True)
class _Likeliest:
    """Of each row the likeliest next tokens `[n, 16]`, best first: ids, logits and probabilities."""

    tokens: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]

    def of(self, row: int) -> "_Likeliest":
        rows = slice(row, row + 1)
        return _Likeliest(self.tokens[rows], self.logits[rows], self.shares[rows])


@dataclass(slots=True)
class _Sequence:
    """A prompt and its answer so far. The last token is not evaluated yet."""

    request: Request
    tokens: list[int]
    prompt: int = 0
    states: list[Hidden] = field(default_factory=list)
    likeliest: list[_Likeliest] = field(default_factory=list)

    def read_prompt(self, context: ParallelContext, slot: int, states: HiddenStates) -> None:
        context.clear(slot)
        self.prompt = len(self.tokens)
        for start in range(0, self.prompt, context.batch_size):
            chunk = self.tokens[start : start + context.batch_size]
            last = start + len(chunk) == self.prompt
            logits = context.prefill(slot, chunk, last=last)
            seen = _read(states, len(chunk))
            if logits is None:
                self.states.append(seen)
            else:
                self.take(seen, _likeliest(logits))

    def take(self, states: Hidden, likeliest: _Likeliest) -> None:
        """What a pass computed for the last tokens; the next one is chosen from it."""
        self.states.append(states)
        self.likeliest.append(likeliest)
        scores = likeliest.logits[0].astype(np.float64)
        if self.request.sample:
            seed = int(self.request.prompt.key, 16) + self.request.sample
            noise = gumbel(seed, len(self.tokens), likeliest.tokens[0])
            scores = scores / _TEMPERATURE + noise
        self.tokens.append(int(likeliest.tokens[0][scores.argmax()]))

    def has_ended(self, model: Model) -> bool:
        return len(self.tokens) - self.prompt >= _LONGEST_ANSWER or model.is_end(self.tokens[-1])

    def save(self, recording: Recording) -> None:
        prompt, request = self.request.prompt, self.request
        recording.append(
            self._rows(recording.width),
            key=prompt.key,
            sample=request.sample,
            source=prompt.source,
            held_out=request.held_out,
            prompt=self.prompt,
        )

    def _rows(self, width: int) -> Rows:
        """The last token has no state; prompts have no likeliest tokens but behind their last."""
        length = len(self.tokens)
        top_tokens, top_shares = np.zeros((length, TOP), np.int32), np.zeros((length, TOP), np.float16)
        answered = slice(self.prompt - 1, length - 1)
        count = self.likeliest[0].tokens.shape[1]
        top_tokens[answered, :count] = np.concatenate([step.tokens for step in self.likeliest])
        top_shares[answered, :count] = np.concatenate([step.shares for step in self.likeliest])
        bound = np.finfo(np.float16).max
        states = np.concatenate([*self.states, np.zeros((1, width), np.float32)])
        return Rows(
            np.asarray(self.tokens, np.int32),
            states.clip(-bound, bound).astype(np.float16),
            top_tokens,
            top_shares,
        )


def _prompted(request: Request, model: Model, family: Family) -> _Sequence | None:
    """None for a prompt that is too long, or that would speak for another role by a control token's name."""
    if any(map(model.is_control, model.tokenize(request.prompt.text))):
        return None
    tokens = prompt_tokens(model, family, request.prompt)
    return _Sequence(request, tokens) if len(tokens) <= _LONGEST_PROMPT else None


def prompt_tokens(model: Model, family: Family, prompt: Prompt) -> list[int]:
    """The token ids that an answer continues."""
    text = render(
        [Message("user", prompt.text)],
        template=model.chat_template,
        family=family,
        bos=model.token_text(model.bos) if model.bos >= 0 else "",
        eos=model.token_text(model.eos) if model.eos >= 0 else "",
        thinking=family.always_thinks,
    )
    ids = model.tokenize(text)
    return [model.bos, *ids] if model.adds_bos and ids[:1] != [model.bos] else ids


def _open_context(model: Model) -> ParallelContext:
    """As many sequences as memory holds, at most 32."""
    options = ContextOptions(n_ctx=_LONGEST_PROMPT + _LONGEST_ANSWER)
    slots = _SLOTS
    while slots > 1:
        with suppress(ModelError):
            return ParallelContext(model, options, slots)
        slots //= 2
    return ParallelContext(model, options, 1)


def _read(states: HiddenStates, rows: int) -> Hidden:
    seen = states.read(rows)
    assert seen is not None
    return seen


def _likeliest(logits: Logits) -> _Likeliest:
    scores = torch.from_numpy(logits)
    best, tokens = scores.topk(min(TOP, logits.shape[1]))
    shares = torch.exp(best - scores.logsumexp(-1, keepdim=True))
    return _Likeliest(tokens.numpy(), best.numpy(), shares.numpy())
