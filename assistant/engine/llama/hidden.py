"""The hidden states of a target: what drafts trained on them are fed with.

libllama exports these functions with C++ names that its public header does not declare yet
(llama.cpp's src/llama-ext.h). They are looked up when a draft asks for them, so that a build without
them costs only the drafts that need them."""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from assistant.engine.llama.architectures import Gives, given_by
from assistant.engine.llama.context import Context
from assistant.engine.llama.model import Model
from assistant.engine.llama.parallel import ParallelContext
from assistant.errors import CoderError, ModelError

Hidden = npt.NDArray[np.float32]
HEAD = -1

_CONTEXT, _MODEL, _FLOATS = ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_float)
# By name: the arguments as the Itanium and the Microsoft C++ ABI spell them, and as ctypes knows them.
_SIGNATURES: dict[str, tuple[str, str, list[Any], Any]] = {
    "llama_set_embeddings_layer_inp": (
        "P13llama_contextjb",
        "YAXPEAUllama_context@@I_N@Z",
        [_CONTEXT, ctypes.c_uint32, ctypes.c_bool],
        None,
    ),
    "llama_get_embeddings_layer_inp": (
        "P13llama_contextj",
        "YAPEAMPEAUllama_context@@I@Z",
        [_CONTEXT, ctypes.c_uint32],
        _FLOATS,
    ),
    "llama_set_embeddings_nextn": (
        "P13llama_contextbb",
        "YAXPEAUllama_context@@_N1@Z",
        [_CONTEXT, ctypes.c_bool, ctypes.c_bool],
        None,
    ),
    "llama_get_embeddings_nextn": (
        "P13llama_context",
        "YAPEAMPEAUllama_context@@@Z",
        [_CONTEXT],
        _FLOATS,
    ),
    "llama_model_target_layer_ids": (
        "PK11llama_model",
        "YAPEBHPEBUllama_model@@@Z",
        [_MODEL],
        ctypes.POINTER(ctypes.c_int32),
    ),
    "llama_model_target_layer_ids_n": (
        "PK11llama_model",
        "YAIPEBUllama_model@@@Z",
        [_MODEL],
        ctypes.c_uint32,
    ),
}


def extension(name: str, library: Any = None) -> Callable[..., Any]:
    """The function `name` of libllama's unpublished interface. Raises ModelError when it is missing."""
    library = library or llama_cpp.llama_cpp._lib
    itanium, microsoft, arguments, result = _SIGNATURES[name]
    for symbol in (name, f"_Z{len(name)}{name}{itanium}", f"?{name}@@{microsoft}"):
        try:
            function = getattr(library, symbol)
        except AttributeError:
            continue
        function.argtypes, function.restype = arguments, result
        return function  # type: ignore[no-any-return]
    raise ModelError(
        f"The installed llama-cpp-python {llama_cpp.__version__} lacks {name}: "
        "it cannot run drafts that read the target's hidden states (DSpark, DFlash, EAGLE-3, MTP).",
        hint="Update it with `pip install -U llama-cpp-python`, or use a draft model of the same family.",
    )


@cache
def _bound(name: str) -> Callable[..., Any]:
    return extension(name)


def check_hidden_states() -> None:
    """Raise ModelError when the installed llama-cpp-python cannot give them at all."""
    for name in _SIGNATURES:
        _bound(name)


def target_layers(draft: Model) -> list[int]:
    """The target's layers whose inputs `draft` was trained on, in the order it wants them."""
    count = int(_bound("llama_model_target_layer_ids_n")(draft.handle))
    ids = _bound("llama_model_target_layer_ids")(draft.handle)
    return [int(ids[i]) for i in range(count)]


def keep_next_states(handle: Any, *, of_outputs_only: bool) -> None:
    """Let a context keep the state before its head, of every token or of those with logits."""
    _bound("llama_set_embeddings_nextn")(handle, True, of_outputs_only)


def next_states(handle: Any, rows: int, width: int) -> Hidden:
    """`[rows, width]` states of the last pass, llama.cpp's own memory."""
    pointer = _bound("llama_get_embeddings_nextn")(handle)
    if not pointer:
        raise CoderError("llama.cpp kept no hidden states of its last pass.")
    return np.ctypeslib.as_array(pointer, (rows, width))


class HiddenStates:
    """The inputs of some of a target's layers, side by side. They are kept from the next pass on, for
    as long as the context lives."""

    def __init__(self, context: Context | ParallelContext, layers: Sequence[int]) -> None:
        """Layer `n_layer` is the output of the last one, and `HEAD` what the head reads. Raises ModelError
        where the target has none such."""
        self._context = context
        self._layers = list(layers)
        self._since = context.passes
        for layer in self._layers:
            _check_layer(context.model, layer)
            if self._is_head_state(layer):
                keep_next_states(context.handle, of_outputs_only=False)
            else:
                _bound("llama_set_embeddings_layer_inp")(context.handle, layer, True)
        self.width = sum(map(self._width, self._layers))

    def read(self, rows: int) -> Hidden | None:
        """`[rows, width]` of the first `rows` tokens of the last pass, a copy; None before any pass. Of
        several sequences in one pass, each must have had as many tokens."""
        if self._context.passes == self._since:
            return None
        return np.concatenate([self._read_layer(layer, rows) for layer in self._layers], axis=1)

    def _read_layer(self, layer: int, rows: int) -> Hidden:
        handle, width = self._context.handle, self._width(layer)
        if self._is_head_state(layer):
            return next_states(handle, rows, width)
        return np.ctypeslib.as_array(_bound("llama_get_embeddings_layer_inp")(handle, layer), (rows, width))

    def _width(self, layer: int) -> int:
        model = self._context.model
        return model.n_embd_out if self._is_head_state(layer) else model.n_embd

    def _is_head_state(self, layer: int) -> bool:
        model = self._context.model
        named = Gives.LAST_LAYER_OUTPUT in given_by(model.architecture)
        return layer == HEAD or (layer == model.n_layer and not named)


def _check_layer(model: Model, layer: int) -> None:
    gives, reason = given_by(model.architecture), ""
    if layer != HEAD and not 0 <= layer <= model.n_layer:
        reason = f"the draft reads layer {layer} and the target has {model.n_layer}"
    elif layer == HEAD and Gives.HEAD_STATE not in gives:
        reason = f"llama.cpp does not give what the head of {model.architecture} models reads"
    elif layer == model.n_layer and not gives & (Gives.LAST_LAYER_OUTPUT | Gives.HEAD_STATE):
        reason = f"llama.cpp does not give the last layer's output of {model.architecture} models"
    elif 0 <= layer < model.n_layer and Gives.LAYER_INPUTS not in gives:
        reason = f"llama.cpp gives no layer inputs of {model.architecture} models"
    if reason:
        raise ModelError(
            f"No draft can read the hidden states of {model.path.name}: {reason}.",
            hint="Use a draft that was trained for this target.",
        )
