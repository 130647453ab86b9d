"""Several sequences evaluated side by side: a pass of many rows costs little more than one of one."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import llama_cpp
import numpy as np
import numpy.typing as npt

from assistant.engine.llama.backend import forget_log, last_words
from assistant.engine.llama.context import check_room, context_params, open_context
from assistant.engine.llama.model import Model
from assistant.engine.options import ContextOptions
from assistant.engine.sampling import Logits
from assistant.errors import CoderError


class ParallelContext:
    """A KV cache of `sequences` slots, each of `options.n_ctx` tokens. `lengths` says how many tokens each
    holds; `passes` counts the evaluations so far."""

    def __init__(self, model: Model, options: ContextOptions, sequences: int) -> None:
        """Raises ModelError when memory is short."""
        self.model = model
        self.sequences = sequences
        self.passes = 0
        self.lengths = [0] * sequences
        self.size = min(options.n_ctx, model.n_ctx_train or options.n_ctx)
        needed = check_room(model, options, self.size * sequences)
        params = context_params(options, self.size * sequences)
        params.n_seq_max = params.n_outputs_max = sequences
        params.n_batch = params.n_ubatch = max(int(params.n_batch), sequences)
        self._handle = open_context(model, params, needed=needed)
        self._memory = llama_cpp.llama_get_memory(self._handle)
        self.batch_size = int(params.n_batch)
        self._batch = llama_cpp.llama_batch_init(self.batch_size, 0, 1)
        self._ids = _view(self._batch.token, self.batch_size)
        self._positions = _view(self._batch.pos, self.batch_size)
        self._wanted = _view(self._batch.logits, self.batch_size)

    @property
    def handle(self) -> Any:
        return self._handle

    def prefill(self, slot: int, tokens: Sequence[int], *, last: bool = True) -> Logits | None:
        """Append `tokens` (at most `batch_size`) to one sequence and return logits `[1, n_vocab]` of the last
        where `last` wants them: llama.cpp's own memory, until the next call."""
        self._fill([slot] * len(tokens), tokens)
        self._wanted[: len(tokens)] = 0
        self._wanted[len(tokens) - 1] = last
        self._decode(len(tokens))
        return self._logits(1) if last else None

    def step(self, tokens: Mapping[int, int]) -> Logits:
        """Append one token to each sequence named, and return logits `[len(tokens), n_vocab]` in the order of
        their slots: llama.cpp's own memory, until the next call."""
        slots = sorted(tokens)
        self._fill(slots, [tokens[slot] for slot in slots])
        self._wanted[: len(slots)] = 1
        self._decode(len(slots))
        return self._logits(len(slots))

    def clear(self, slot: int) -> None:
        """Forget one sequence, so that another can be begun in its slot."""
        llama_cpp.llama_memory_seq_rm(self._memory, slot, 0, -1)
        self.lengths[slot] = 0

    def _fill(self, slots: Sequence[int], tokens: Sequence[int]) -> None:
        for row, (slot, token) in enumerate(zip(slots, tokens, strict=True)):
            if self.lengths[slot] >= self.size:
                raise CoderError(f"A sequence of {self.size} tokens is full.")
            self._ids[row] = token
            self._positions[row] = self.lengths[slot]
            self._batch.n_seq_id[row] = 1
            self._batch.seq_id[row][0] = slot
            self.lengths[slot] += 1

    def _decode(self, rows: int) -> None:
        self._batch.n_tokens = rows
        forget_log()
        status = llama_cpp.llama_decode(self._handle, self._batch)
        if status != 0:
            raise CoderError(f"llama.cpp could not evaluate {rows} tokens (status {status}): {last_words()}.")
        self.passes += 1

    def _logits(self, rows: int) -> Logits:
        pointer = llama_cpp.llama_get_logits(self._handle)
        logits: Logits = np.ctypeslib.as_array(pointer, (rows, self.model.n_vocab))
        return logits

    def close(self) -> None:
        if self._handle:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _view(pointer: Any, rows: int) -> npt.NDArray[Any]:
    return np.ctypeslib.as_array(pointer, (rows,))
