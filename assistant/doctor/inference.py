"""llama-cpp-python: its version, what it was built for, and the devices that it finds."""

import platform
import shutil
from pathlib import Path
from typing import Literal

from assistant.doctor.check import Check, failure
from assistant.errors import ModelError

Backend = Literal["CUDA", "Metal", "Vulkan"]
_KEPT_BACKENDS = ("CUDA", "Vulkan", "RPC")  # Metal is built wherever it can be
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


def library() -> Check:
    try:
        from assistant.engine.llama import backends, library_version
    except (ImportError, OSError, RuntimeError) as error:
        return Check("library", "failed", f"llama-cpp-python cannot be loaded: {error}", rebuild())
    found = f"llama-cpp-python {library_version()}, built for {', '.join(backends()) or 'unknown backends'}"
    return Check("library", "ok", found)


def processor() -> Check:
    """A build for any machine leaves out the instructions that make this one quick."""
    from assistant.engine.llama import backends, cpu_features

    used, flags = cpu_features(), cpu_flags()
    unused = [feature for flag, feature in _FEATURES.items() if flag in flags and feature not in used]
    if unused:
        found = f"the build does not use this processor's {', '.join(unused)}"
        kept = [backend for backend in backends() if backend in _KEPT_BACKENDS]
        return Check("processor", "warning", found, rebuild("NATIVE", *kept))
    return Check("processor", "ok", ", ".join(used) or "no particular features")


def devices() -> Check:
    """Where models are computed: whether layers can be offloaded, and how much memory is free."""
    from assistant.engine import llama

    gpus = [device for device in llama.devices() if device.kind in ("gpu", "integrated")]
    host = f"{llama.free_memory().host / 1e9:.1f} GB of memory free"
    can_offload, card = llama.supports_gpu_offload(), graphics_card()
    if gpus and can_offload:
        each = (f"{gpu.description} ({gpu.free / 1e9:.1f} of {gpu.total / 1e9:.1f} GB free)" for gpu in gpus)
        return Check("devices", "ok", f"layers are offloaded to {', '.join(each)}; host: {host}")
    if can_offload:
        mend = (
            "nvidia-smi tells what its driver lacks" if card == "CUDA" else "Install the driver of the GPU."
        )
        return Check("devices", "warning", f"this build can offload, and finds no GPU; CPU: {host}", mend)
    if card:
        found = f"a GPU for {card} that this build cannot use; CPU alone: {host}"
        return Check("devices", "warning", found, rebuild(card))
    return Check("devices", "ok", f"CPU alone: {host}")


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
