"""What a draft takes from its target: frozen embeddings and head, and the shape of a layer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.engine.gguf_header import GgufArray, Header, TensorInfo, read_header
from assistant.engine.llama import Gives, architectures_giving, given_by
from assistant.errors import ModelError

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LayerShape:
    """Widths of one layer of a draft, its target's own."""

    embedding: int
    heads: int
    kv_heads: int
    head: int
    feed_forward: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class TargetWeights:
    """`embeddings` and `head` are `[n_vocab, n_embd]`, the same array where they are tied, and `norm`
    `[n_embd]` is what the head's input was scaled by."""

    embeddings: Weights
    head: Weights
    norm: Weights


def tapped_layers(path: Path) -> list[int]:
    """The three layers whose inputs a draft reads: near the first, in the middle, and the last one.

    Raises ModelError where llama.cpp gives no layer inputs of such a model, or it has too few layers."""
    header = read_header(path)
    if Gives.LAYER_INPUTS not in given_by(header.architecture):
        able = ", ".join(architectures_giving(Gives.LAYER_INPUTS))
        raise ModelError(
            f"No draft can be trained for {path.name}: llama.cpp gives no layer inputs of "
            f"{header.architecture} models.",
            hint=f"It does of {able}. Use a small model of the same family as the draft.",
        )
    count = _number(header, "block_count")
    layers = [max(1, count // 15), count // 2, count - 1]
    if layers != sorted(set(layers)):
        raise ModelError(f"No draft can be trained for {path.name}: it has only {count} layers.")
    return layers


def layer_shape(path: Path) -> LayerShape:
    header = read_header(path)
    embedding, heads = _number(header, "embedding_length"), _number(header, "attention.head_count")
    epsilon = header.of_architecture("attention.layer_norm_rms_epsilon")
    return LayerShape(
        embedding=embedding,
        heads=heads,
        kv_heads=_number(header, "attention.head_count_kv", heads),
        head=_number(header, "attention.key_length", embedding // max(heads, 1)),
        feed_forward=_number(header, "feed_forward_length", 4 * embedding),
        epsilon=float(epsilon) if isinstance(epsilon, float) else 1e-6,
    )


def read_weights(path: Path) -> TargetWeights:
    """Raises ModelError where the file has them under other names or in a type that cannot be read."""
    tensors = read_header(path).tensors
    if missing := {"token_embd.weight", "output_norm.weight"} - tensors.keys():
        raise ModelError(f"No draft can be trained for {path.name}: it has no {min(missing)}.")
    embeddings = _dequantized(tensors["token_embd.weight"])
    own = tensors.get("output.weight")
    head = _dequantized(own) if own else embeddings
    return TargetWeights(embeddings, head, _dequantized(tensors["output_norm.weight"])[0])


def _dequantized(info: TensorInfo) -> Weights:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    kind = GGMLQuantizationType(info.type)
    raw = np.fromfile(info.file, np.uint8, info.bytes, offset=info.offset)
    rows = info.elements // info.shape[0]
    try:
        values = dequantize(raw.reshape(rows, -1), kind)
    except NotImplementedError as error:
        raise ModelError(
            f"The weights of {info.file.name} are of type {kind.name}, which cannot be read for training.",
            hint="Take the same model as Q8_0, Q4_K_M, F16 or BF16.",
        ) from error
    return np.ascontiguousarray(values.reshape(rows, info.shape[0]), np.float32)


def _number(header: Header, key: str, default: int = 0) -> int:
    """A whole number of the architecture; of one for each layer the last."""
    value = header.of_architecture(key)
    if isinstance(value, GgufArray):
        return int(value.values[-1]) if value.values else default
    return int(value) if isinstance(value, int | float) else default
