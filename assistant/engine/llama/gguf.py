"""GGUF files written again in another type."""

import ctypes
from pathlib import Path
from typing import Literal

import llama_cpp

from assistant.engine.gguf_header import check_gguf
from assistant.engine.llama.backend import default_threads, forget_log, last_words, start_backend
from assistant.errors import ModelError

FileType = Literal["F32", "F16", "Q8_0", "Q4_0", "Q4_K_M"]
_FILE_TYPES: dict[FileType, int] = {
    "F32": llama_cpp.LLAMA_FTYPE_ALL_F32,
    "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}


def requantize(source: Path, destination: Path, file_type: FileType = "F16") -> None:
    """Write `source` again with other weights. Blocks; raises ModelError when llama.cpp refuses."""
    start_backend()
    check_gguf(source)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = _FILE_TYPES[file_type]
    params.allow_requantize = True
    params.nthread = default_threads()
    forget_log()
    failed = llama_cpp.llama_model_quantize(
        str(source).encode(), str(destination).encode(), ctypes.byref(params)
    )
    if failed:
        raise ModelError(f"Could not convert {source} to {file_type}: {last_words()}.")
