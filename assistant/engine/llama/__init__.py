"""llama.cpp, typed: the only package that imports `llama_cpp`.

A `Model` owns weights and vocabulary, a `Context` owns one sequence of evaluated tokens (its KV
cache). Both free what they own on `close`, also when used with `with`.
"""

from assistant.engine.llama.backend import default_threads, library_version, supports_gpu_offload
from assistant.engine.llama.context import Context
from assistant.engine.llama.devices import Device, devices, free_memory
from assistant.engine.llama.gguf import FileType, check_gguf, requantize
from assistant.engine.llama.model import Model
from assistant.engine.options import ContextOptions

__all__ = [
    "Context",
    "ContextOptions",
    "Device",
    "FileType",
    "Model",
    "check_gguf",
    "default_threads",
    "devices",
    "free_memory",
    "library_version",
    "requantize",
    "supports_gpu_offload",
]
