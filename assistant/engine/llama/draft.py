"""The context of a draft that is fed with a target's hidden states."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import llama_cpp
import numpy as np

from assistant.engine.llama.backend import forget_log, last_words
from assistant.engine.llama.context import Context, context_params, open_context
from assistant.engine.llama.hidden import Hidden, keep_next_states, next_states
from assistant.engine.llama.model import Model
from assistant.engine.sampling import Logits
from assistant.errors import CoderError

# Drafts compute logits for every row that a pass may have: many rows would cost much memory.
_BATCH = 128
_POINTERS: dict[str, Any] = dict(llama_cpp.llama_batch._fields_)


class DraftContext:
    """One KV cache at the target's positions. It borrows the target's embeddings and head where the
    draft has none of its own: close it before the target."""

    def __init__(self, model: Model, target: Context, *, mtp: bool = False, causal: bool = True) -> None:
        """`mtp` runs the layers of `model` that predict further tokens. Raises ModelError."""
        options = replace(target.options, batch=min(_BATCH, target.options.batch))
        params = context_params(options, target.size)
        params.ctx_other = target.handle
        if mtp:
            params.ctx_type = llama_cpp.LLAMA_CONTEXT_TYPE_MTP
        self._handle = open_context(model, params)
        self._memory = llama_cpp.llama_get_memory(self._handle)
        llama_cpp.llama_set_causal_attn(self._handle, causal)
        keep_next_states(self._handle, of_outputs_only=True)
        self.model = model
        self.size = int(llama_cpp.llama_n_ctx(self._handle))
        self.batch_size = int(params.n_batch)
        self._n_vocab = min(model.n_vocab, target.model.n_vocab)
        # Embeddings of models with multi-dimensional RoPE carry four positions; text uses the first three.
        multi = llama_cpp.llama_model_rope_type(model.handle) == llama_cpp.LLAMA_ROPE_TYPE_MROPE
        self._axes = (1, 1, 1, 0) if multi else (1,)

    def take_in(self, features: Hidden, position: int, tokens: Sequence[int] | None = None) -> None:
        """Write keys and values of `features` `[n, width]`, each with its token where the draft takes
        both, at positions from `position` on."""
        self._decode(position, tokens, features, outputs=False)

    def evaluate(self, tokens: Sequence[int], position: int, features: Hidden | None = None) -> Logits:
        """As `take_in`, and the logits `[n, tokens that both vocabularies have]`: llama.cpp's own memory,
        until the next call."""
        self._decode(position, tokens, features, outputs=True)
        pointer = llama_cpp.llama_get_logits(self._handle)
        logits: Logits = np.ctypeslib.as_array(pointer, (len(tokens), self.model.n_vocab))
        return logits[:, : self._n_vocab]

    def encode(self, features: Hidden) -> Hidden:
        """Target features `[n, width]` fused into the draft's own `[n, n_embd]`, a copy."""
        batch, kept = self._batch(0, None, features, outputs=True)
        batch.pos = None  # an encoder has no cache: llama.cpp numbers the rows itself
        self._check(llama_cpp.llama_encode(self._handle, batch), batch.n_tokens)
        del kept
        return self.states(features.shape[0]).copy()

    def states(self, rows: int) -> Hidden:
        """`[rows, n_embd]` that the last pass computed beside its logits, llama.cpp's own memory."""
        return next_states(self._handle, rows, self.model.n_embd_out)

    def truncate(self, position: int) -> None:
        """Forget `position` and all behind it."""
        if position <= 0 or not llama_cpp.llama_memory_seq_rm(self._memory, 0, position, -1):
            llama_cpp.llama_memory_clear(self._memory, True)

    def _decode(
        self, position: int, tokens: Sequence[int] | None, features: Hidden | None, *, outputs: bool
    ) -> None:
        batch, kept = self._batch(position, tokens, features, outputs=outputs)
        self._check(llama_cpp.llama_decode(self._handle, batch), batch.n_tokens)
        del kept

    def _batch(
        self, position: int, tokens: Sequence[int] | None, features: Hidden | None, *, outputs: bool
    ) -> tuple[Any, list[np.ndarray]]:
        """A batch of one sequence, and the arrays it points into: they must outlive it."""
        rows = len(tokens) if tokens is not None else 0 if features is None else features.shape[0]
        positions = np.arange(position, position + rows, dtype=np.int32)
        if tokens is None:
            positions = np.concatenate([positions * axis for axis in self._axes], dtype=np.int32)
        arrays: dict[str, np.ndarray] = {"pos": positions, "logits": np.full(rows, outputs, np.int8)}
        if tokens is not None:
            arrays["token"] = np.asarray(tokens, np.int32)
        if features is not None:
            arrays["embd"] = np.ascontiguousarray(features, np.float32)
        batch = llama_cpp.llama_batch(n_tokens=rows)
        for name, array in arrays.items():
            setattr(batch, name, array.ctypes.data_as(_POINTERS[name]))
        forget_log()
        return batch, list(arrays.values())

    def _check(self, status: int, rows: int) -> None:
        if status != 0:
            raise CoderError(
                f"The draft {self.model.path.name} could not evaluate {rows} tokens "
                f"(status {status}): {last_words()}."
            )

    def close(self) -> None:
        if self._handle:
            llama_cpp.llama_free(self._handle)
            self._handle = None
