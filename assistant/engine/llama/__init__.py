"""llama.cpp, typed: the only package that imports `llama_cpp`.

A `Model` owns weights and vocabulary, a `Context` owns one sequence of evaluated tokens (its KV
cache). Both free what they own on `close`, also when used with `with`.
"""

from assistant.engine.llama.architectures import Gives, architectures_giving, given_by
from assistant.engine.llama.backend import (
    cpu_features,
    default_threads,
    library_version,
    supports_gpu_offload,
)
from assistant.engine.llama.context import Context
from assistant.engine.llama.devices import Device, backends, devices, free_memory
from assistant.engine.llama.draft import DraftContext
from assistant.engine.llama.gguf import FileType, requantize
from assistant.engine.llama.hidden import HEAD, Hidden, HiddenStates, check_hidden_states, target_layers
from assistant.engine.llama.model import Model
from assistant.engine.llama.parallel import ParallelContext
from assistant.engine.options import ContextOptions

__all__ = [
    "HEAD",
    "Context",
    "ContextOptions",
    "Device",
    "DraftContext",
    "FileType",
    "Gives",
    "Hidden",
    "HiddenStates",
    "Model",
    "ParallelContext",
    "architectures_giving",
    "backends",
    "check_hidden_states",
    "cpu_features",
    "default_threads",
    "devices",
    "free_memory",
    "given_by",
    "library_version",
    "requantize",
    "supports_gpu_offload",
    "target_layers",
]
