"""One sequence of evaluated tokens and its KV cache."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import llama_cpp
import numpy as np
import numpy.typing as npt
import psutil

from assistant.engine.llama.backend import default_threads, forget_log, last_words
from assistant.engine.llama.devices import free_memory
from assistant.engine.llama.kv_state import Checkpoints, read_state, state_bytes, write_state
from assistant.engine.llama.model import Model
from assistant.engine.memory import MemoryEstimate, estimate
from assistant.engine.options import KV_TYPES, ContextOptions, FlashAttention
from assistant.engine.sampling import Logits
from assistant.errors import CoderError, ModelError

_FLASH_ATTENTION: dict[FlashAttention, int] = {
    "auto": llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "on": llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
_MOST_TOKENS = 2**31 - 256


def context_params(options: ContextOptions, n_ctx: int) -> Any:
    """llama.cpp's parameters for one sequence of `n_ctx` tokens."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = n_ctx
    params.n_batch = params.n_ubatch = min(options.batch, n_ctx)
    params.n_outputs_max = min(options.outputs, params.n_batch)
    params.n_threads = params.n_threads_batch = options.threads or default_threads()
    params.no_perf = True
    params.swa_full = True  # a sliding window that was let go could not be rolled back into
    params.type_k = params.type_v = KV_TYPES[options.kv_type]
    params.flash_attn_type = _FLASH_ATTENTION[options.flash_attention]
    return params


def open_context(model: Model, params: Any, *, needed: str = "") -> Any:
    """llama.cpp's context of `model`, or ModelError with the reason and the memory that is `needed`."""
    forget_log()
    handle = llama_cpp.llama_init_from_model(model.handle, params)
    if not handle:
        raise ModelError(
            f"llama.cpp cannot make a context of {params.n_ctx} tokens for {model.name}: {last_words()}.",
            hint=(f"It needs {needed}. " if needed else "Memory may be short. ")
            + "Try a smaller context with --context, or a smaller model.",
        )
    return handle


class Context:
    """One sequence of evaluated tokens. `tokens` is what the KV cache holds, in order; `passes` counts
    the evaluations so far."""

    def __init__(self, model: Model, options: ContextOptions | None = None) -> None:
        options = options or ContextOptions()
        self.model = model
        self.options = options
        self.tokens: list[int] = []
        self.passes = 0
        self.threads = options.threads or default_threads()
        n_ctx = min(options.n_ctx, model.n_ctx_train or options.n_ctx)
        needed = check_room(model, options, n_ctx)
        params = context_params(options, n_ctx)
        self._handle = open_context(model, params, needed=needed)
        self._memory = llama_cpp.llama_get_memory(self._handle)
        self._checkpoints = Checkpoints(self._handle, self._memory)
        self.size = int(llama_cpp.llama_n_ctx(self._handle))
        self.batch_size = int(params.n_batch)
        self._batch = llama_cpp.llama_batch_init(self.batch_size, 0, 1)
        self._ids = np.ctypeslib.as_array(self._batch.token, (self.batch_size,))
        self._positions = np.ctypeslib.as_array(self._batch.pos, (self.batch_size,))
        self._wanted = np.ctypeslib.as_array(self._batch.logits, (self.batch_size,))
        for i in range(self.batch_size):
            self._batch.n_seq_id[i] = 1
            self._batch.seq_id[i][0] = 0

    @property
    def handle(self) -> Any:
        if not self._handle:
            raise CoderError(f"The context of {self.model.name} is closed already.")
        return self._handle

    @property
    def can_drop_suffix(self) -> bool:
        return self.model.can_drop_suffix

    def evaluate(self, tokens: Sequence[int], *, all_logits: bool = True) -> Logits:
        """Append `tokens` (at most `batch_size`) and return logits `[n, n_vocab] float32`: a row a
        token, or the last token's row alone. The array is llama.cpp's own and lives until the next call."""
        count, start = len(tokens), len(self.tokens)
        if start + count > self.size:
            raise CoderError(f"The context of {self.size} tokens is full.")
        if all_logits and 0 < self.options.outputs < count:
            raise CoderError(f"Logits of {count} tokens were asked for, {self.options.outputs} can be given.")
        self._ids[:count] = tokens
        self._positions[:count] = np.arange(start, start + count, dtype=np.int32)
        self._wanted[:count] = 1 if all_logits else 0
        self._wanted[count - 1] = 1
        self._batch.n_tokens = count
        forget_log()
        status = llama_cpp.llama_decode(self._handle, self._batch)
        if status != 0:
            self._forget_failed(start)
            raise CoderError(
                f"llama.cpp could not evaluate {count} tokens (status {status}): {last_words()}."
            )
        self.tokens.extend(tokens)
        self.passes += 1
        rows = count if all_logits else 1
        pointer = llama_cpp.llama_get_logits(self._handle)
        logits: npt.NDArray[np.float32] = np.ctypeslib.as_array(pointer, (rows, self.model.n_vocab))
        return logits

    def truncate(self, length: int) -> int:
        """Keep at most the first `length` tokens and return how many are kept: `length`, or fewer where
        the memory can drop no suffix and goes back to a checkpoint. The caller evaluates the rest again."""
        if length >= len(self.tokens):
            return len(self.tokens)
        kept = self._go_back(length)
        del self.tokens[kept:]
        return kept

    def checkpoint(self) -> None:
        """Remember this place where the memory can drop no suffix, so that `truncate` can go back to it."""
        if not self.can_drop_suffix and self.tokens:
            self._checkpoints.take(len(self.tokens))

    @property
    def state_bytes(self) -> int:
        """How large a file `write_state` makes now."""
        return state_bytes(self._handle)

    def write_state(self, path: Path) -> bool:
        """Write the KV state of `tokens`, without them, to `path`. False when it cannot be written."""
        return write_state(self._handle, path)

    def read_state(self, path: Path, tokens: Sequence[int]) -> bool:
        """Replace all that was evaluated by the state in `path`, which is that of `tokens`. On failure
        the context is empty."""
        self.truncate(0)
        if read_state(self._handle, path) and self._last_position() == len(tokens) - 1:
            self.tokens.extend(tokens)
            self.checkpoint()
            return True
        self._go_back(0)
        return False

    def _go_back(self, length: int) -> int:
        reached = length > 0 and self._window_reaches(length)
        if reached and llama_cpp.llama_memory_seq_rm(self._memory, 0, length, -1):
            return length
        if kept := self._checkpoints.go_back(length):
            return kept
        llama_cpp.llama_memory_clear(self._memory, True)
        return 0

    def _window_reaches(self, length: int) -> bool:
        """A saved state holds of a sliding window only what the next token can see. Going back further
        would leave a gap in the window."""
        if not self.model.window:
            return True
        return int(llama_cpp.llama_memory_seq_pos_min(self._memory, 0)) <= max(length - self.model.window, 0)

    def _last_position(self) -> int:
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, 0))

    def _forget_failed(self, start: int) -> None:
        """A failed pass may leave part of its batch in the cache."""
        del self.tokens[self._go_back(start) :]

    def close(self) -> None:
        if self._handle:
            with contextlib.suppress(AttributeError):
                llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_room(model: Model, options: ContextOptions, n_ctx: int) -> str:
    """What a context of `n_ctx` tokens takes, in words. Raises ModelError when that is more than there
    is: the system would grant it all the same, and end the process when it is used."""
    if not 0 < n_ctx <= _MOST_TOKENS:
        raise ModelError(f"A context cannot have {n_ctx:,} tokens.")
    try:
        needed = estimate(model.path, replace(options, n_ctx=n_ctx))
    except ModelError:  # llama.cpp has read it: it may know what the estimate does not
        return ""
    free = free_memory()
    room = free.host + free.device + int(psutil.swap_memory().free)
    if needed.kv + needed.compute > room:
        raise ModelError(
            f"A context of {n_ctx:,} tokens for {model.name} needs {_told(needed)}, "
            f"and {room / 2**20:,.0f} MiB are free.",
            hint="Try a smaller context with --context, or a smaller model.",
        )
    return _told(needed)


def _told(needed: MemoryEstimate) -> str:
    return f"{needed.kv / 2**20:,.0f} MiB for its KV cache and {needed.compute / 2**20:,.0f} MiB for buffers"
