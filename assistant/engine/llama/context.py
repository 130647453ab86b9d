"""One sequence of evaluated tokens and its KV cache."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import llama_cpp
import numpy as np
import numpy.typing as npt

from assistant.engine.llama.backend import default_threads, forget_log, last_words
from assistant.engine.llama.model import Model
from assistant.engine.sampling import Logits
from assistant.errors import CoderError, ModelError


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """`exact` is the reference profile: F32 KV cache and no flash attention, so that k tokens in
    one pass give the logits that they give one by one."""

    n_ctx: int = 4096
    threads: int = 0
    batch: int = 512
    exact: bool = False


def context_params(options: ContextOptions, n_ctx: int) -> Any:
    """llama.cpp's parameters for one sequence of `n_ctx` tokens."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = n_ctx
    params.n_batch = params.n_ubatch = min(options.batch, n_ctx)
    params.n_threads = params.n_threads_batch = options.threads or default_threads()
    params.no_perf = True
    params.swa_full = True  # a sliding window that was let go could not be rolled back into
    if options.exact:
        params.type_k = params.type_v = llama_cpp.GGML_TYPE_F32
        params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return params


def open_context(model: Model, params: Any) -> Any:
    """llama.cpp's context of `model`, or ModelError with the reason."""
    forget_log()
    handle = llama_cpp.llama_init_from_model(model.handle, params)
    if not handle:
        raise ModelError(
            f"llama.cpp cannot make a context of {params.n_ctx} tokens for {model.name}: {last_words()}.",
            hint="Memory may be short: try a smaller context with --context, or a smaller model.",
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
        params = context_params(options, min(options.n_ctx, model.n_ctx_train or options.n_ctx))
        self._handle = open_context(model, params)
        self._memory = llama_cpp.llama_get_memory(self._handle)
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
        """Keep the first `length` tokens. Returns how many are kept: 0 where the memory can drop no
        suffix, and the caller evaluates again."""
        if length >= len(self.tokens):
            return len(self.tokens)
        if length > 0 and llama_cpp.llama_memory_seq_rm(self._memory, 0, length, -1):
            del self.tokens[length:]
            return length
        llama_cpp.llama_memory_clear(self._memory, True)
        self.tokens.clear()
        return 0

    def _forget_failed(self, start: int) -> None:
        """A failed pass may leave part of its batch in the cache."""
        if not (start and llama_cpp.llama_memory_seq_rm(self._memory, 0, start, -1)):
            llama_cpp.llama_memory_clear(self._memory, True)
            self.tokens.clear()

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
