"""How much memory a model takes, told from its file's header before anything is loaded.

Weights and KV cache follow from the header exactly. The compute buffers are those of llama.cpp's
graph: it reuses memory from step to step, so that the largest step counts - the logits of a whole
batch, a feed-forward block, or the attention with its mask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.gguf_header import TENSOR_TYPES, Header, TensorInfo, read_header
from assistant.engine.model_shape import ModelShape, model_shape
from assistant.engine.options import KV_TYPES, ContextOptions, KvType

CONTEXT_STEP = 256
_WORD = 4


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """Free bytes on the host and on all GPUs together. `unified`: the GPU's memory is the host's."""

    host: int
    device: int = 0
    unified: bool = False

    def after(self, taken: "MemoryEstimate") -> "FreeMemory":
        """What is left once `taken` is loaded, such as a draft model beside the target."""
        host = taken.total if self.unified else taken.host
        return FreeMemory(max(self.host - host, 0), max(self.device - taken.device, 0), self.unified)


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes of a model with one context; `device` of them lie on GPUs, the rest in host memory."""

    weights: int
    kv: int
    compute: int
    device: int

    @property
    def total(self) -> int:
        return self.weights + self.kv + self.compute

    @property
    def host(self) -> int:
        return self.total - self.device


def estimate(model: Path | Header, options: ContextOptions, gpu_layers: int = 0) -> MemoryEstimate:
    """Memory of `model` with a context of these options, its last `gpu_layers` layers on a GPU.

    The output layer counts as the last one, as llama.cpp has it. Sliding windows are counted in
    full, since contexts here keep them whole. Raises ModelError for a file that cannot be read."""
    header = read_header(model) if isinstance(model, Path) else model
    shape = model_shape(header)
    first = max(len(shape.layers) + 1 - gpu_layers, 0)
    weights = _weights(header.tensors, shape, first)
    kv = _kv(shape, padded(options.n_ctx), options.kv_type, first)
    compute = _compute(shape, options, first)
    device = weights[1] + kv[1] + compute[1]
    return MemoryEstimate(sum(weights), sum(kv), sum(compute), device)


def padded(n_ctx: int) -> int:
    """The tokens that llama.cpp makes room for: a multiple of 256."""
    return -(-n_ctx // CONTEXT_STEP) * CONTEXT_STEP


def _weights(tensors: Mapping[str, TensorInfo], shape: ModelShape, first: int) -> tuple[int, int]:
    """Bytes on host and device. Embeddings stay on the host, and where they also serve as the output
    layer the device gets a copy."""
    host = device = 0
    output_on_device = first <= len(shape.layers)
    for name, tensor in tensors.items():
        block = name.removeprefix("blk.").partition(".")[0]
        if block.isdecimal() and name.startswith("blk."):
            on_device = int(block) >= first
        else:
            on_device = output_on_device and name.startswith("output")
        if on_device:
            device += tensor.bytes
        else:
            host += tensor.bytes
        if name == "token_embd.weight" and output_on_device and "output.weight" not in tensors:
            device += tensor.bytes
    return host, device


def _kv(shape: ModelShape, n_ctx: int, kv_type: KvType, first: int) -> tuple[int, int]:
    block, block_bytes = TENSOR_TYPES[KV_TYPES[kv_type]]
    sides = [0, 0]
    for i, layer in enumerate(shape.layers):
        rows = sum(-(-width // block) * block_bytes for width in (layer.key, layer.value))
        sides[i >= first] += n_ctx * rows + layer.state * _WORD
    return sides[0], sides[1]


def _compute(shape: ModelShape, options: ContextOptions, first: int) -> tuple[int, int]:
    """Both sides keep buffers of their own for the steps that run there."""
    n_ctx, flash = padded(options.n_ctx), options.flash_attention != "off"
    batch = min(options.batch, options.n_ctx)
    outputs = min(options.outputs or batch, batch)
    mask = shape.masks * n_ctx * batch * _WORD // (2 if flash else 1) if shape.heads else 0
    scores = 0 if flash else shape.heads * n_ctx
    widest = max(shape.feed_forward_words, shape.attention_words + scores, shape.recurrent_words)
    layers = widest * batch * _WORD + mask
    logits = (shape.vocabulary + 2 * shape.embedding) * outputs * _WORD
    if first > len(shape.layers):
        return max(layers, logits), 0
    if first == len(shape.layers):
        return layers, logits
    inputs = 2 * shape.embedding * batch * _WORD + mask
    return layers if first else inputs, max(layers, logits)
