"""llama-cpp-python: its version, what it was built for, and the devices that it finds."""

import platform
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Literal

from assistant.doctor.check import Check, failure
from assistant.errors import CoderError, ModelError
from assistant.sizes import as_size

Backend = Literal["CUDA", "Metal", "Vulkan"]
_WITHOUT_GPU = ("CPU", "BLAS", "RPC")
# What a rebuild has to ask for again; Metal is built wherever it can be.
_BUILD_OPTIONS = {"CUDA": "CUDA", "ROCm": "HIP", "Vulkan": "VULKAN", "RPC": "RPC"}
# A flag of the kernel's for the processor, and llama.cpp's name of the same.
_FEATURES = {
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "avx512f": "AVX512",
    "avx512_vnni": "AVX512_VNNI",
    "asimddp": "DOTPROD",
    "i8mm": "MATMUL_INT8",
}
_VENDORS: dict[str, Backend] = {"0x10de": "CUDA", "0x1002": "Vulkan"}


def needs_llama(check: Callable[[], Check]) -> Callable[[], Check]:
    """Where the library cannot be loaded, `check` raises CoderError with what mends that."""

    @wraps(check)
    def checked() -> Check:
        try:
            import assistant.engine.llama  # noqa: F401
        except (ImportError, OSError, RuntimeError) as error:
            message = f"llama-cpp-python cannot be loaded: {error}"
            raise CoderError(message, hint=rebuild()) from error
        return check()

    return checked


@needs_llama
def library() -> Check:
    from assistant.engine.llama import backends, library_version

    built_for = ["Metal" if backend == "MTL" else backend for backend in backends()]
    found = f"llama-cpp-python {library_version()}, built for {', '.join(built_for) or 'unknown backends'}"
    return Check("library", "ok", found)


@needs_llama
def processor() -> Check:
    """A build for any machine leaves out the instructions that make this one quick."""
    from assistant.engine.llama import backends, cpu_features

    used, flags = cpu_features(), cpu_flags()
    unused = [feature for flag, feature in _FEATURES.items() if flag in flags and feature not in used]
    if unused:
        found = f"the build does not use this processor's {', '.join(unused)}"
        kept = [_BUILD_OPTIONS[backend] for backend in backends() if backend in _BUILD_OPTIONS]
        return Check("processor", "warning", found, rebuild("NATIVE", *kept))
    return Check("processor", "ok", ", ".join(used) or "no particular features")


@needs_llama
def devices() -> Check:
    """Where models are computed: whether layers can be offloaded, and how much memory is free."""
    from assistant.engine import llama

    gpus = [device for device in llama.devices() if device.kind in ("gpu", "integrated")]
    host = f"{as_size(llama.free_memory().host)} of memory free"
    if gpus and llama.supports_gpu_offload():
        each = (f"{gpu.description} ({as_size(gpu.free)} of {as_size(gpu.total)} free)" for gpu in gpus)
        return Check("devices", "ok", f"layers are offloaded to {', '.join(each)}; host: {host}")
    built_for, card = set(llama.backends()) - {*_WITHOUT_GPU}, graphics_card()
    if built_for:
        mend = "nvidia-smi" if card == "CUDA" else "Install the driver of the GPU, where there is one."
        found = f"this build is for {', '.join(sorted(built_for))} and finds no GPU; CPU alone: {host}"
        return Check("devices", "warning", found, mend)
    if card:
        found = f"a GPU for {card} that this build cannot use; CPU alone: {host}"
        return Check("devices", "warning", found, rebuild(card))
    return Check("devices", "ok", f"CPU alone: {host}")


@needs_llama
def network_drafts() -> Check:
    """Drafts that read the target's hidden states need functions which not every build exports."""
    from assistant.engine.llama import check_hidden_states

    try:
        check_hidden_states()
    except ModelError as error:
        return failure("network drafts", error, "warning")
    return Check("network drafts", "ok", "DSpark, DFlash, EAGLE-3 and MTP can be run")


def rebuild(*parts: str) -> str:
    """The command that compiles llama.cpp anew, with these parts of ggml."""
    options = " ".join([*(f"-DGGML_{part.upper()}=on" for part in parts), "-DLLAVA_BUILD=OFF"])
    package = "llama-cpp-python"
    return f'CMAKE_ARGS="{options}" pip install --force-reinstall --no-binary {package} {package}'


def graphics_card() -> Backend | None:
    """The backend that suits a GPU of this machine; None where there is none worth a rebuild, such as
    Intel's, inside the processor."""
    if platform.system() == "Darwin":
        return "Metal" if platform.machine() == "arm64" else None
    if shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists():
        return "CUDA"
    vendors = (file.read_text().strip() for file in Path("/sys/class/drm").glob("renderD*/device/vendor"))
    return next(filter(None, map(_VENDORS.get, vendors)), None)


def cpu_flags() -> set[str]:
    """As Linux names them; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith(("flags", "Features"))), set())
