"""Estimates are held against what llama.cpp says that it allocated, and fitted to what is free."""

import ctypes
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import psutil
import pytest

from assistant.engine.fit import fit
from assistant.engine.gguf_header import read_header
from assistant.engine.llama import Context, ContextOptions, Model, devices, free_memory
from assistant.engine.llama.backend import _keep_log
from assistant.engine.memory import FreeMemory, estimate
from assistant.engine.options import KV_TYPES, FlashAttention, KvType
from assistant.errors import ModelError
from tests.engine.test_state import MEMORIES, write_model
from tests.engine.tiny_gguf import write_tiny

MIB, GIB = 2**20, 2**30
_BUFFER = re.compile(r"(KV|RS|compute) buffer size = +([\d.]+) MiB")


@contextmanager
def allocations() -> Iterator[Callable[[str], float]]:
    """What llama.cpp logs of its buffers, as a function from kind to bytes."""
    lines: list[str] = []

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
    def keep(_level: int, text: bytes, _user_data: object) -> None:
        lines.append(text.decode())

    def total(kinds: str) -> float:
        found = [_BUFFER.search(line) for line in lines if "compute buffer size is" not in line]
        return sum(float(m[2]) * MIB for m in found if m and m[1] in kinds.split())

    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    try:
        yield total
    finally:
        llama_cpp.llama_log_set(_keep_log, ctypes.c_void_p(0))


def assert_estimated(
    model: Model, options: ContextOptions, *, total: float = 0.1, compute: float = 0.1
) -> None:
    """Weights and KV exactly, buffers within `compute`, and the sum within `total` of the truth."""
    estimated = estimate(model.path, options)
    with allocations() as allocated, Context(model, options):
        kv, buffers = allocated("KV RS"), allocated("compute")
    assert estimated.weights == model.size_bytes
    assert estimated.kv == pytest.approx(kv, abs=0.02 * MIB)
    assert estimated.compute == pytest.approx(buffers, rel=compute)
    assert estimated.total == pytest.approx(model.size_bytes + kv + buffers, rel=total)
    assert (estimated.device, estimated.host) == (0, estimated.total)


@pytest.mark.parametrize("n_ctx", [512, 1024, 2048, 4096, 8192])
@pytest.mark.parametrize(
    "profile",
    [{}, {"flash_attention": "off"}, {"exact": True}],
    ids=["flash attention", "as on a CPU", "exact"],
)
def test_a_real_model_takes_what_was_estimated(smollm2: Model, n_ctx: int, profile: dict[str, Any]) -> None:
    assert_estimated(smollm2, ContextOptions(n_ctx=n_ctx, **profile))


@pytest.mark.parametrize("memory", ["qwen3", "deepseek2"])
@pytest.mark.parametrize("flash_attention", ["auto", "off"])
@pytest.mark.parametrize("n_ctx", [512, 1024, 2048])
def test_tiny_models_take_what_was_estimated(
    memory: str, flash_attention: FlashAttention, n_ctx: int, tmp_path: Path
) -> None:
    with Model(write_model(tmp_path / "m.gguf", memory)) as model:
        options = ContextOptions(n_ctx=n_ctx, flash_attention=flash_attention)
        assert_estimated(model, options, total=0.1, compute=0.15)


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("n_ctx", [512, 2048])
def test_every_memory_type_takes_what_was_estimated(memory: str, n_ctx: int, tmp_path: Path) -> None:
    with Model(write_model(tmp_path / "m.gguf", memory)) as model:
        # Buffers are estimated for real widths, where the terms of a few numbers a token do not count.
        assert_estimated(model, ContextOptions(n_ctx=n_ctx), total=0.1 if n_ctx > 512 else 0.15, compute=0.25)


def test_compression_and_state_are_told_apart_from_plain_kv(tmp_path: Path) -> None:
    kv = {}
    for memory in MEMORIES:
        path = write_model(tmp_path / f"{memory}.gguf", memory)
        kv[memory] = [estimate(path, ContextOptions(n_ctx=n)).kv for n in (1024, 2048)]
    # 2 layers of one row of 32 + 8 numbers, against 4 heads of 24 + 16.
    assert kv["compressed deepseek2"] == [1024 * 2 * 40 * 2, 2048 * 2 * 40 * 2]
    assert kv["deepseek2"][0] == 4 * kv["compressed deepseek2"][0]
    assert kv["mamba"][0] == kv["mamba"][1]
    assert kv["lfm2"][1] - kv["lfm2"][0] == 1024 * 2 * (2 * 32) * 2, "only its attention layers grow"


@pytest.mark.parametrize("kv_type", KV_TYPES)
def test_a_quantized_cache_works_and_takes_what_was_estimated(smollm2: Model, kv_type: KvType) -> None:
    options = ContextOptions(n_ctx=512, threads=1, kv_type=kv_type)
    assert_estimated(smollm2, options)
    with Context(smollm2, options) as context:
        tokens = smollm2.tokenize("def add(a, b):\n    return a +")
        best = int(context.evaluate(tokens, all_logits=False)[-1].argmax())
        assert smollm2.piece(best) == b" b"


def test_fewer_outputs_take_less_and_are_kept_to(smollm2: Model) -> None:
    options = ContextOptions(n_ctx=512, threads=1, outputs=16)
    assert_estimated(smollm2, options, compute=0.2)
    whole_batch = estimate(smollm2.path, ContextOptions(n_ctx=512))
    assert estimate(smollm2.path, options).compute < whole_batch.compute / 5
    with Context(smollm2, options) as context:
        assert context.evaluate([5] * 100, all_logits=False).shape == (1, smollm2.n_vocab)
        assert context.evaluate([5] * 16).shape == (16, smollm2.n_vocab)
        with pytest.raises(Exception, match="Logits of 17 tokens were asked for, 16 can be given"):
            context.evaluate([5] * 17)


def test_a_quantized_cache_without_flash_attention_is_refused(smollm2: Model) -> None:
    with pytest.raises(ModelError, match="flash_attn") as refused:
        Context(smollm2, ContextOptions(n_ctx=512, kv_type="Q8_0", flash_attention="off"))
    assert "MiB for its KV cache" in refused.value.hint


@pytest.mark.parametrize("n_ctx", [-5, 0, 10**9, 2**31 - 256, 2**31, 2**32 - 1, 2**32 + 5, 10**12])
def test_an_absurd_context_is_an_error_with_numbers(n_ctx: int, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    write_tiny(path)
    key = b"llama.context_length"
    whole = path.read_bytes()
    at = whole.index(key) + len(key) + 4
    path.write_bytes(whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])
    with Model(path) as model, pytest.raises(ModelError, match=f"{n_ctx:,} tokens|{2**32 - 1:,} tokens"):
        Context(model, ContextOptions(n_ctx=n_ctx))


def test_layers_move_to_the_device_from_the_end(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf")
    by_layers = [estimate(path, ContextOptions(n_ctx=512), layers) for layers in range(4)]
    tensors = {name: tensor.bytes for name, tensor in read_header(path).tensors.items()}
    last = sum(size for name, size in tensors.items() if name.startswith("blk.1."))
    kv = by_layers[0].kv // 2
    assert by_layers[2].device - by_layers[1].device >= last + kv
    assert [m.device for m in by_layers] == sorted(m.device for m in by_layers)
    assert by_layers[0].device == 0
    assert by_layers[3].host < tensors["token_embd.weight"] + 2 * MIB


def test_tied_embeddings_are_copied_to_the_device(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf", "gemma2")
    on_host, on_device = (estimate(path, ContextOptions(n_ctx=512), layers) for layers in (0, 1))
    tied = read_header(path).tensors["token_embd.weight"].bytes
    assert on_device.weights == on_host.weights + tied


def test_a_model_that_fits_is_left_as_wished(smollm2_path: Path) -> None:
    fitted = fit(smollm2_path, ContextOptions(n_ctx=4096, threads=1), FreeMemory(host=8 * GIB))
    assert fitted.options == ContextOptions(n_ctx=4096, threads=1)
    assert (fitted.gpu_layers, fitted.note) == (0, "")


def test_the_context_is_no_longer_than_the_model_was_trained_for(smollm2_path: Path) -> None:
    fitted = fit(smollm2_path, ContextOptions(n_ctx=100_000), FreeMemory(host=64 * GIB))
    assert (fitted.options.n_ctx, fitted.note) == (8192, "")


def test_the_context_shrinks_to_what_is_free_and_says_so(smollm2_path: Path) -> None:
    wish = ContextOptions(n_ctx=8192)
    room = GIB // 4 + estimate(smollm2_path, ContextOptions(n_ctx=3000)).total
    fitted = fit(smollm2_path, wish, FreeMemory(host=room))
    assert 2560 <= fitted.options.n_ctx <= 3072 and fitted.options.n_ctx % 256 == 0
    assert fitted.memory.total <= room - GIB // 4
    assert f"{fitted.options.n_ctx} tokens, not 8192" in fitted.note


def test_a_quantized_cache_fits_more(smollm2_path: Path) -> None:
    room = GIB // 4 + estimate(smollm2_path, ContextOptions(n_ctx=3000)).total
    plain = fit(smollm2_path, ContextOptions(n_ctx=8192), FreeMemory(host=room))
    small = fit(smollm2_path, ContextOptions(n_ctx=8192, kv_type="Q4_0"), FreeMemory(host=room))
    assert small.options.n_ctx > 2 * plain.options.n_ctx


@pytest.mark.parametrize("share", [0.6, 0.75, 0.95])
def test_as_many_layers_as_fit_go_to_the_gpu(smollm2_path: Path, share: float) -> None:
    wish = ContextOptions(n_ctx=4096)
    whole = estimate(smollm2_path, wish, 31).device
    free = FreeMemory(host=8 * GIB, device=GIB // 2 + int(whole * share))
    fitted = fit(smollm2_path, wish, free)
    assert 0 < fitted.gpu_layers < 31
    assert estimate(smollm2_path, wish, fitted.gpu_layers).device <= free.device - GIB // 2
    assert estimate(smollm2_path, wish, fitted.gpu_layers + 1).device > free.device - GIB // 2


def test_a_gpu_takes_all_layers_or_as_many_as_were_asked_for(smollm2_path: Path) -> None:
    wish, free = ContextOptions(n_ctx=4096), FreeMemory(host=8 * GIB, device=8 * GIB)
    assert fit(smollm2_path, wish, free).gpu_layers == 31
    assert fit(smollm2_path, wish, free, gpu_layers=-1).gpu_layers == 31
    assert fit(smollm2_path, wish, free, gpu_layers=7).gpu_layers == 7
    assert fit(smollm2_path, wish, FreeMemory(8 * GIB, GIB), gpu_layers=99).gpu_layers == 31
    assert fit(smollm2_path, wish, free, gpu_layers=0).memory.device == 0
    assert fit(smollm2_path, wish, FreeMemory(host=8 * GIB), gpu_layers=7).gpu_layers == 0


def test_unified_memory_is_counted_once(smollm2_path: Path) -> None:
    whole = estimate(smollm2_path, ContextOptions(n_ctx=1024), 31).total
    free = FreeMemory(host=GIB // 4 + whole, device=8 * GIB, unified=True)
    assert fit(smollm2_path, ContextOptions(n_ctx=8192), free).options.n_ctx < 2048


def test_a_draft_is_fitted_into_what_the_target_left(smollm2_path: Path) -> None:
    taken = estimate(smollm2_path, ContextOptions(n_ctx=1024))
    left = FreeMemory(host=2 * GIB).after(taken)
    assert left == FreeMemory(host=2 * GIB - taken.total)


def test_a_refusal_tells_needs_room_and_what_would_fit(smollm2: Model) -> None:
    free = FreeMemory(host=GIB // 4 + 300 * MIB)
    with pytest.raises(ModelError) as refused:
        fit(smollm2.path, ContextOptions(n_ctx=8192), free)
    assert re.search(
        r"smollm2\.F32\.gguf needs 0\.\d\d GiB of memory: weights 0\.50 GiB, a KV cache of 1024 tokens "
        r"0\.02 GiB, buffers 0\.10 GiB, and 0\.25 GiB to spare\. 0\.54 GiB are free\.",
        refused.value.message,
    )
    assert "at most 0.18 GiB would fit, such as this one as Q8_0 (about 0.13 GiB)" in refused.value.hint
    with pytest.raises(ModelError) as refused:
        fit(smollm2.path, ContextOptions(n_ctx=8192), FreeMemory(host=GIB // 8))
    assert "such as" not in refused.value.hint


@pytest.mark.parametrize("device", [0, GIB // 2 + 40 * MIB, GIB // 2 + 150 * MIB, GIB])
def test_what_a_refusal_promises_is_less_than_what_it_refuses(smollm2: Model, device: int) -> None:
    wish = ContextOptions(n_ctx=512)
    promised = re.compile(r"at most (\d\.\d\d) GiB would fit")
    for host in range(0, 3 * GIB, 150 * MIB):
        try:
            fit(smollm2.path, wish, FreeMemory(host=host, device=device))
        except ModelError as error:
            found = promised.search(error.hint)
            assert found and float(found[1]) < 0.5
        else:
            break
    else:
        pytest.fail("it never fits")


def test_free_memory_is_what_the_system_says() -> None:
    assert any(device.kind == "cpu" and device.total > 0 for device in devices())
    free = free_memory()
    assert free.host == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    assert (free.device > 0) == any(device.kind in ("gpu", "integrated") for device in devices())


_LOAD = """
import resource, sys
from pathlib import Path
import psutil
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.errors import ModelError
resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + 100 * 2**20,) * 2)
try:
    Model(Path(sys.argv[1]))
except ModelError as error:
    print(error.message, error.hint)
"""


def test_memory_that_runs_out_while_loading_is_an_error_with_numbers(smollm2: Model) -> None:
    loading = [sys.executable, "-c", _LOAD, str(smollm2.path)]
    said = subprocess.run(loading, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "cannot load" in said
    assert "Its weights take 515 MiB" in said and "MiB are free" in said
