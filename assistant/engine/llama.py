"""llama.cpp, typed: the only module that imports `llama_cpp`.

A `Model` owns weights and vocabulary, a `Context` owns one sequence of evaluated tokens (its KV
cache). Both free what they own on `close`, also when used with `with`.
"""

import contextlib
import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import llama_cpp
import numpy as np
import numpy.typing as npt
import psutil

from assistant.engine.sampling import Logits
from assistant.errors import CoderError, ModelError

GGUF_MAGIC = b"GGUF"
_log_lines: list[str] = []


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _keep_log(level: int, text: bytes, _user_data: object) -> None:
    """llama.cpp writes to stderr otherwise; its last words explain why a load failed."""
    if level >= 3:
        _log_lines.append(text.decode("utf-8", "replace").strip())
        del _log_lines[:-20]


@cache
def _backend() -> None:
    llama_cpp.llama_log_set(_keep_log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def supports_gpu_offload() -> bool:
    _backend()
    return bool(llama_cpp.llama_supports_gpu_offload())


def default_threads() -> int:
    """Physical cores this process may run on: hyper-threads slow matrix products down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))


def check_gguf(path: Path) -> None:
    """Raise ModelError when `path` cannot be a GGUF file, before llama.cpp sees it."""
    if not path.is_file():
        raise ModelError(f"No model file at {path}.", hint="Run `coder pull` or give another path.")
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"Cannot read the model file {path}: {error.strerror}.") from error
    if magic != GGUF_MAGIC:
        raise ModelError(
            f"{path} is not a GGUF model file (it begins with {magic!r}).",
            hint="Models for llama.cpp end in .gguf; pull one with `coder pull`.",
        )


def requantize_f16(source: Path, destination: Path) -> None:
    """Write `source` again with F16 weights. Blocks; raises ModelError when llama.cpp refuses."""
    _backend()
    check_gguf(source)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_F16
    params.allow_requantize = True
    params.nthread = default_threads()
    _log_lines.clear()
    failed = llama_cpp.llama_model_quantize(
        str(source).encode(), str(destination).encode(), ctypes.byref(params)
    )
    if failed:
        raise ModelError(f"Could not convert {source} to F16: {_last_words()}.")


class Model:
    """Weights and vocabulary of one GGUF file. GPU offload is whole where a backend is built in."""

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int = -1,
        progress: Callable[[float], bool] | None = None,
    ) -> None:
        """`progress` gets fractions 0..1 and stops the load by returning False. Raises ModelError."""
        check_gguf(path)
        _backend()
        self.path = path
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        if progress is not None:
            callback = llama_cpp.llama_progress_callback(lambda fraction, _: progress(fraction))
            params.progress_callback = callback
        _log_lines.clear()
        self._handle = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not self._handle:
            raise ModelError(
                f"llama.cpp cannot load {path}: {_last_words()}.",
                hint="The file may be truncated or of a newer format: pull it again or update llama-cpp-python.",
            )
        self._vocab = llama_cpp.llama_model_get_vocab(self._handle)
        self._pieces: dict[int, bytes] = {}
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.n_ctx_train = int(llama_cpp.llama_model_n_ctx_train(self._handle))
        self.bos = int(llama_cpp.llama_vocab_bos(self._vocab))
        self.eos = int(llama_cpp.llama_vocab_eos(self._vocab))
        self.adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))

    @property
    def handle(self) -> Any:
        if not self._handle:
            raise CoderError(f"The model {self.path.name} is closed already.")
        return self._handle

    @property
    def name(self) -> str:
        return self.metadata("general.name") or self.path.stem

    @property
    def architecture(self) -> str:
        return self.metadata("general.architecture")

    @property
    def size_bytes(self) -> int:
        return int(llama_cpp.llama_model_size(self.handle))

    @property
    def chat_template(self) -> str | None:
        template = llama_cpp.llama_model_chat_template(self.handle, None)
        return template.decode("utf-8", "replace") if template else None

    @property
    def can_drop_suffix(self) -> bool:
        """Whether evaluated tokens can be taken back: recurrent states only go forward."""
        return not (
            llama_cpp.llama_model_is_recurrent(self.handle) or llama_cpp.llama_model_is_hybrid(self.handle)
        )

    def metadata(self, key: str) -> str:
        """A GGUF metadata value as text, empty when absent."""
        buffer = ctypes.create_string_buffer(1024)
        length = llama_cpp.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else ""

    def tokenize(self, text: str, *, special: bool = True, add_bos: bool = False) -> list[int]:
        """Token ids of `text`; `special` lets control tokens be written as text."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            ids = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self._vocab, data, len(data), ids, room, add_bos, special)
            if count >= 0:
                return list(ids[:count])
            room = -count

    def piece(self, token: int) -> bytes:
        """The bytes that `token` adds to the text; control tokens add none."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=False)
        return known

    def token_text(self, token: int) -> str:
        """The token as it stands in the vocabulary, control tokens too."""
        return self._read_piece(token, special=True).decode("utf-8", "replace")

    def is_end(self, token: int) -> bool:
        """End of sequence, of turn or of message."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            length = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, room, 0, special)
            if length >= 0:
                return buffer.raw[:length]
            room = -length

    def close(self) -> None:
        if self._handle:
            llama_cpp.llama_model_free(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """`exact` is the reference profile: F32 KV cache and no flash attention, so that k tokens in
    one pass give the logits that they give one by one."""

    n_ctx: int = 4096
    threads: int = 0
    batch: int = 512
    exact: bool = False


class Context:
    """One sequence of evaluated tokens. `tokens` is what the KV cache holds, in order."""

    def __init__(self, model: Model, options: ContextOptions | None = None) -> None:
        options = options or ContextOptions()
        self.model = model
        self.options = options
        self.tokens: list[int] = []
        self.threads = options.threads or default_threads()
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = min(options.n_ctx, model.n_ctx_train or options.n_ctx)
        params.n_batch = params.n_ubatch = min(options.batch, params.n_ctx)
        params.n_threads = params.n_threads_batch = self.threads
        params.no_perf = True
        params.swa_full = True  # a sliding window that was let go could not be rolled back into
        if options.exact:
            params.type_k = params.type_v = llama_cpp.GGML_TYPE_F32
            params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        _log_lines.clear()
        self._handle = llama_cpp.llama_init_from_model(model.handle, params)
        if not self._handle:
            raise ModelError(
                f"llama.cpp cannot make a context of {params.n_ctx} tokens for {model.name}: {_last_words()}.",
                hint="Memory may be short: try a smaller context with --context, or a smaller model.",
            )
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
        _log_lines.clear()
        status = llama_cpp.llama_decode(self._handle, self._batch)
        if status != 0:
            self._forget_failed(start)
            raise CoderError(f"llama.cpp could not evaluate {count} tokens (status {status}): {_last_words()}.")
        self.tokens.extend(tokens)
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


def _last_words() -> str:
    """What llama.cpp logged last, on one line."""
    said = [line for line in _log_lines if line]
    return said[-1].rstrip(".") if said else "it gave no reason"
