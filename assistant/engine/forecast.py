"""What of a model would fit, told from a few numbers before any of its files are here.

Where only the size is known, the KV cache is taken to be what full multi-head attention keeps. That
grows with the width and the depth, so about with the root of the size: DeepSeek-Coder 1.3B keeps 197 kB
a token at 0.87 GB and the 6.7B 524 kB at 4.08 GB. Grouped and compressed caches are smaller. The number of
heads grows as the width does: 16 and 32 in these two.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistant.engine.fit import DEVICE_MARGIN, HOST_MARGIN, SMALLEST_CONTEXT, Fitted, usual_options
from assistant.engine.memory import CONTEXT_STEP, FreeMemory

# Logits of a batch of 512 with a vocabulary of 152,000; larger than a layer's own buffers.
_COMPUTE = 320 * 2**20
_BATCH, _WORD = 512, 4
_BYTES_A_ROOT, _ROOTS_A_HEAD = 8, 1800
# Numbers a head and token beside the scores: queries, keys, values and the residual stream.
_BESIDE_SCORES = 6 * 128


@dataclass(frozen=True, slots=True)
class ModelSize:
    """`weights` in bytes, and where they are known the `layers`, the bytes that a token keeps in an F16 KV
    cache, and the `heads` that attend."""

    weights: int
    layers: int | None = None
    kv_per_token: int | None = None
    heads: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """`context` tokens fit, 0 where not even a short context does, with `on_gpu` (0 to 1) of the memory
    on GPUs. `weights`, `kv` and `compute` are bytes of target and draft with that context. By the
    `header` of the files it is exact, by the `shape` close; by the `size` alone it is a lower bound.
    `note` says what had to be left out, or why nothing fits."""

    context: int
    on_gpu: float
    layers: int | None
    weights: int
    kv: int
    compute: int
    basis: Literal["header", "shape", "size"]
    note: str = ""

    def __str__(self) -> str:
        """How much context fits, and how much of it all lies on GPUs."""
        if not self.context:
            return "does not fit"
        at_least = "at least " if self.basis == "size" else ""
        return f"{at_least}{self.context:,} tokens{self._offload()}"

    def _offload(self) -> str:
        if self.on_gpu == 0:
            return ""
        if self.on_gpu == 1:
            return ", all on the GPU"
        if self.layers is None:
            return f", {self.on_gpu:.0%} on the GPU"
        return f", {int(self.on_gpu * (self.layers + 1))} of {self.layers + 1} layers on the GPU"


def forecast(target: ModelSize, draft: ModelSize | None, longest: int, free: FreeMemory) -> Forecast:
    """What fits of `target` beside `draft`, with a context of at most `longest` tokens and what is usual
    otherwise on a machine with this memory."""
    models = [model for model in (target, draft) if model]
    weights = sum(model.weights for model in models)
    flash = usual_options(free).flash_attention != "off"
    kv_per_token = sum(_kv_per_token(model) for model in models)
    on_gpu = max(free.device - DEVICE_MARGIN, 0)
    on_host = max(free.host - HOST_MARGIN, 0)
    room = on_host if free.unified else on_host + on_gpu

    def compute(steps: int) -> int:
        return sum(_compute(model, steps * CONTEXT_STEP, flash) for model in models)

    def needed(steps: int) -> int:
        return weights + compute(steps) + kv_per_token * steps * CONTEXT_STEP

    steps = _most(needed, room, -(-longest // CONTEXT_STEP))
    total = needed(max(steps, 1))
    return Forecast(
        context=min(steps * CONTEXT_STEP, longest),
        on_gpu=min(on_gpu / total, 1.0) if steps else 0.0,
        layers=target.layers,
        weights=weights,
        kv=kv_per_token * steps * CONTEXT_STEP,
        compute=compute(max(steps, 1)),
        basis="shape" if target.kv_per_token is not None else "size",
    )


def of_fitted(target: Fitted, draft: Fitted | None, layers: int) -> Forecast:
    """The same of files that are here and were fitted by their headers."""
    parts = [fitted.memory for fitted in (target, draft) if fitted]
    return Forecast(
        context=target.options.n_ctx,
        on_gpu=min(target.gpu_layers / (layers + 1), 1.0),
        layers=layers,
        weights=sum(memory.weights for memory in parts),
        kv=sum(memory.kv for memory in parts),
        compute=sum(memory.compute for memory in parts),
        basis="header",
        note=target.note,
    )


def _compute(model: ModelSize, n_ctx: int, flash: bool) -> int:
    """The largest step: the logits or, where each head's scores are written out, the attention."""
    if flash:
        return _COMPUTE
    heads = int(model.weights**0.5 / _ROOTS_A_HEAD) if model.heads is None else model.heads
    return max(_COMPUTE, (heads * (n_ctx + _BESIDE_SCORES) + n_ctx) * _BATCH * _WORD)


def _kv_per_token(model: ModelSize) -> int:
    return int(_BYTES_A_ROOT * model.weights**0.5) if model.kv_per_token is None else model.kv_per_token


def _most(needed: Callable[[int], int], room: int, most: int) -> int:
    """The most steps, up to `most`, whose need is within `room`; 0 where that is too short a context."""
    found = bisect_right(range(1, most + 1), room, key=needed)
    return found if found * CONTEXT_STEP >= SMALLEST_CONTEXT or found == most else 0
