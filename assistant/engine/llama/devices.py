"""The devices that ggml can compute on, and how much memory is free on them and on the host."""

import ctypes
import platform
from dataclasses import dataclass
from typing import Any, Literal

import psutil
from llama_cpp import _ggml

from assistant.engine.llama.backend import start_backend
from assistant.engine.memory import FreeMemory

DeviceKind = Literal["cpu", "gpu", "integrated", "accelerator"]
_KINDS: tuple[DeviceKind, ...] = ("cpu", "gpu", "integrated", "accelerator")


@dataclass(frozen=True, slots=True)
class Device:
    """Bytes are what the device's driver reports."""

    name: str
    description: str
    kind: DeviceKind
    free: int
    total: int


def devices() -> list[Device]:
    """What ggml found; empty where the library does not say."""
    start_backend()
    try:
        count = _function("ggml_backend_dev_count", ctypes.c_size_t)()
        get = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
        return [_device(get(i)) for i in range(count)]
    except AttributeError:
        return []


def backends() -> list[str]:
    """What ggml was built for, such as `CPU`, `CUDA`, `MTL` (Metal), `Vulkan` or `RPC`; empty where the
    library does not say."""
    start_backend()
    try:
        count = _function("ggml_backend_reg_count", ctypes.c_size_t)()
        get = _function("ggml_backend_reg_get", ctypes.c_void_p, ctypes.c_size_t)
        name = _function("ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
        return [name(get(i)).decode("utf-8", "replace") for i in range(count)]
    except AttributeError:
        return []


def free_memory() -> FreeMemory:
    """What a model could take now."""
    found = devices()
    gpus = [device for device in found if device.kind == "gpu"]
    gpus = gpus or [device for device in found if device.kind == "integrated"]  # as llama.cpp chooses
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return FreeMemory(
        host=int(psutil.virtual_memory().available),
        device=sum(gpu.free for gpu in gpus),
        unified=bool(gpus) and (apple or gpus[0].kind == "integrated"),
    )


def _device(handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    memory = _function("ggml_backend_dev_memory", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    memory(handle, ctypes.byref(free), ctypes.byref(total))
    name = _function("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)(handle)
    description = _function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)(handle)
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(handle)
    return Device(
        name=name.decode("utf-8", "replace"),
        description=description.decode("utf-8", "replace"),
        kind=_KINDS[kind] if 0 <= kind < len(_KINDS) else "accelerator",
        free=free.value,
        total=total.value,
    )


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of libggml. Raises AttributeError where the library does not export it."""
    function = getattr(_ggml.libggml, name)
    function.restype, function.argtypes = result, arguments
    return function
