"""llama.cpp's process-wide state: its log, its backends, and how many threads suit this machine."""

import ctypes
import os
from functools import cache

import llama_cpp
import psutil

_log_lines: list[str] = []


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _keep_log(level: int, text: bytes, _user_data: object) -> None:
    """llama.cpp writes to stderr otherwise; its last words explain why a load failed."""
    if level >= 3:
        _log_lines.append(text.decode("utf-8", "replace").strip())
        del _log_lines[20:]


@cache
def start_backend() -> None:
    llama_cpp.llama_log_set(_keep_log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def supports_gpu_offload() -> bool:
    start_backend()
    return bool(llama_cpp.llama_supports_gpu_offload())


def library_version() -> str:
    """The version of llama-cpp-python, which fixes that of llama.cpp."""
    return str(llama_cpp.__version__)


def cpu_features() -> tuple[str, ...]:
    """What this build uses of the processor, in llama.cpp's names, such as `AVX2`."""
    start_backend()
    said = llama_cpp.llama_print_system_info().decode("utf-8", "replace")
    after_cpu = said.rpartition("CPU : ")[2]
    settings = (part.partition("=") for part in after_cpu.split("|"))
    return tuple(name.strip() for name, _, value in settings if value.strip() not in ("", "0"))


def default_threads() -> int:
    """Physical cores this process may run on: hyper-threads slow matrix products down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))


def last_words() -> str:
    """Why a call failed, on one line: the first error that llama.cpp logged since `forget_log`."""
    said = [line for line in _log_lines if line]
    if not said:
        return "it gave no reason"
    reason = next((line for line in said if "error" in line or "fail" in line), said[-1])
    return reason.rpartition("error loading model: ")[2].rstrip(".")


def forget_log() -> None:
    """Before a call whose failure `last_words` is to explain."""
    _log_lines.clear()
