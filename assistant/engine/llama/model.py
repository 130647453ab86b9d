"""Weights and vocabulary of one GGUF file."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import llama_cpp

from assistant.engine.gguf_sound import check_sound
from assistant.engine.llama.backend import forget_log, last_words, start_backend
from assistant.engine.llama.devices import free_memory
from assistant.errors import CoderError, ModelError


class Model:
    """Weights and vocabulary of one GGUF file. GPU offload is whole where a backend is built in."""

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int = -1,
        mtp: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """`mtp` loads the layers that predict further tokens too, where the file has them. `progress`
        gets fractions 0..1; what it raises ends the load and is raised. Raises ModelError."""
        check_sound(path)
        start_backend()
        self.path = path
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self.gpu_layers = gpu_layers
        params.load_mtp = self.mtp = mtp
        raised: list[BaseException] = []
        if progress is not None:
            callback = llama_cpp.llama_progress_callback(_reporting(progress, raised))
            params.progress_callback = callback
        forget_log()
        self._handle = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if raised:
            self.close()
            raise raised[0]
        if not self._handle:
            raise _not_loaded(path, last_words())
        self._vocab = llama_cpp.llama_model_get_vocab(self._handle)
        self._pieces: dict[int, bytes] = {}
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.n_embd = int(llama_cpp.llama_model_n_embd(self._handle))
        self.n_embd_out = int(llama_cpp.llama_model_n_embd_out(self._handle))
        self.n_layer = int(llama_cpp.llama_model_n_layer(self._handle))
        self.n_ctx_train = max(int(llama_cpp.llama_model_n_ctx_train(self._handle)), 0)
        self.window = max(int(llama_cpp.llama_model_n_swa(self._handle)), 0)
        self.bos = int(llama_cpp.llama_vocab_bos(self._vocab))
        self.eos = int(llama_cpp.llama_vocab_eos(self._vocab))
        self.mask = int(llama_cpp.llama_vocab_mask(self._vocab))
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
    def n_parameters(self) -> int:
        return int(llama_cpp.llama_model_n_params(self.handle))

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

    def vocabulary_entry(self, token: int) -> bytes:
        """The token as the vocabulary spells it: quick, for comparing vocabularies whole."""
        return llama_cpp.llama_vocab_get_text(self._vocab, token) or b""

    def is_unused(self, token: int) -> bool:
        """A row that pads the vocabulary and stands for nothing."""
        attributes = int(llama_cpp.llama_vocab_get_attr(self._vocab, token))
        return bool(attributes & llama_cpp.LLAMA_TOKEN_ATTR_UNUSED)

    def is_end(self, token: int) -> bool:
        """End of sequence, of turn or of message."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def is_control(self, token: int) -> bool:
        """A token that frames messages and is no text."""
        return bool(llama_cpp.llama_vocab_is_control(self._vocab, token))

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


def _not_loaded(path: Path, reason: str) -> ModelError:
    hint = "It may be truncated or of a newer format: pull it again, or update llama-cpp-python."
    if "alloc" in reason or "memory" in reason.lower():
        free = free_memory()
        on_gpu = f", {free.device / 2**20:,.0f} MiB on the GPU" if free.device else ""
        hint = (
            f"Its weights take {path.stat().st_size / 2**20:,.0f} MiB, and {free.host / 2**20:,.0f} MiB are "
            f"free{on_gpu}. Use a smaller model, or close other programs."
        )
    return ModelError(f"llama.cpp cannot load {path}: {reason}.", hint=hint)


def _reporting(
    progress: Callable[[float], None], raised: list[BaseException]
) -> Callable[[float, object], bool]:
    """An exception cannot cross C: it is kept in `raised`, and False stops the load."""

    def report(fraction: float, _user_data: object) -> bool:
        try:
            progress(fraction)
        except BaseException as error:  # noqa: BLE001
            raised.append(error)
        return not raised

    return report
