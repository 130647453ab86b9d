"""The build of llama.cpp against the machine it runs on."""

import shlex

import pytest

from assistant.doctor import inference
from assistant.doctor.check import Status
from assistant.engine.llama import Device, cpu_features

GPU = Device("CUDA0", "Some GPU", "gpu", 20_000_000_000, 24_000_000_000)
ACCELERATOR = Device("BLAS", "Accelerate", "accelerator", 0, 0)


@pytest.mark.parametrize(
    ("found", "built_for", "card", "status", "says", "mend"),
    [
        ([GPU], ["CUDA", "CPU"], "CUDA", "ok", "offloaded to Some GPU (20.0 GB of 24.0 GB free)", ""),
        ([], ["CPU"], None, "ok", "CPU alone", ""),
        ([ACCELERATOR], ["BLAS", "RPC", "CPU"], None, "ok", "CPU alone", ""),
        ([], ["CPU"], "CUDA", "warning", "a GPU for CUDA that this build cannot use", "-DGGML_CUDA=on"),
        ([], ["CPU"], "Vulkan", "warning", "cannot use", "-DGGML_VULKAN=on"),
        ([], ["CUDA", "CPU"], "CUDA", "warning", "finds no GPU", "nvidia-smi"),
        ([], ["Vulkan", "CPU"], None, "warning", "finds no GPU", "driver"),
    ],
)
def test_devices(
    monkeypatch: pytest.MonkeyPatch,
    found: list[Device],
    built_for: list[str],
    card: str | None,
    status: Status,
    says: str,
    mend: str,
) -> None:
    monkeypatch.setattr("assistant.engine.llama.devices", lambda: found)
    monkeypatch.setattr("assistant.engine.llama.supports_gpu_offload", lambda: bool(found))
    monkeypatch.setattr("assistant.engine.llama.backends", lambda: built_for)
    monkeypatch.setattr(inference, "graphics_card", lambda: card)
    check = inference.devices()
    assert check.status == status
    assert says in check.found
    assert mend in check.mend
    assert bool(check.mend) == bool(mend)


def test_a_build_for_any_processor_is_told_and_its_backends_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.llama.cpu_features", lambda: ("SSE3", "AVX"))
    monkeypatch.setattr("assistant.engine.llama.backends", lambda: ["CUDA", "CPU"])
    monkeypatch.setattr(inference, "cpu_flags", lambda: {"sse3", "avx", "avx2", "fma"})
    check = inference.processor()
    assert check.status == "warning"
    assert check.found.endswith("AVX2, FMA")
    variables, *command = shlex.split(check.mend)
    assert variables == "CMAKE_ARGS=-DGGML_NATIVE=on -DGGML_CUDA=on -DLLAVA_BUILD=OFF"
    assert command[:2] == ["pip", "install"]


def test_what_this_build_says_of_itself() -> None:
    assert "CPU" in inference.library().found
    assert all(feature and "=" not in feature and ":" not in feature for feature in cpu_features())
    assert inference.network_drafts().status == "ok"
