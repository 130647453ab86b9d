"""The sizes of a model that its memory depends on, read from its GGUF metadata.

Checked against llama.cpp for the architectures llama, qwen2, qwen3, deepseek2 (with compressed and
with plain KV), gemma2, mamba and lfm2. Others are read by the same keys; where one keeps less than
its keys say (shared or pruned layers) the result is too high, not too low.
"""

from dataclasses import dataclass

from assistant.engine.gguf_header import GgufArray, Header
from assistant.errors import ModelError

_MOST_LAYERS, _MOST_WIDTH = 4096, 2**24


@dataclass(frozen=True, slots=True)
class LayerShape:
    """What one layer keeps: `key` and `value` numbers for each token of the context in the KV cache's
    type, and `state` numbers of F32 whatever the context's length."""

    key: int
    value: int
    state: int


@dataclass(frozen=True, slots=True)
class ModelShape:
    """`attention_words`, `feed_forward_words` and `recurrent_words` are the F32 numbers that one
    token needs while it passes through such a layer; `masks` is how many attention masks there are."""

    context_length: int
    vocabulary: int
    embedding: int
    heads: int
    masks: int
    layers: tuple[LayerShape, ...]
    attention_words: int
    feed_forward_words: int
    recurrent_words: int


def model_shape(header: Header) -> ModelShape:
    """Read the shape from a header. Raises ModelError where a size is missing or makes no sense."""
    keys = _Keys(header)
    embedding = keys.width("embedding_length")
    layers = keys.width("block_count")
    if not 0 < layers <= _MOST_LAYERS or embedding < 1:
        raise ModelError(f"{header.path} says it has {layers} layers of width {embedding}.")
    heads = max(keys.each("attention.head_count", layers))
    kv_heads = keys.each("attention.head_count_kv", layers, default=heads)
    key_length = keys.width("attention.key_length", embedding // heads if heads else 0)
    value_length = keys.width("attention.value_length", embedding // heads if heads else 0)
    compressed = keys.width("attention.key_length_mla") > 0
    recurrent = keys.recurrent(layers, kv_heads)
    state = _state_numbers(keys, embedding)
    shapes = tuple(
        LayerShape(
            key=0 if recurrent[i] else kv_heads[i] * key_length,
            value=0 if recurrent[i] or compressed else kv_heads[i] * value_length,
            state=state if recurrent[i] else 0,
        )
        for i in range(layers)
    )
    query = heads * key_length
    attention = 3 * embedding + 2 * query + max(shape.key + shape.value for shape in shapes)
    if compressed:  # each head's query and output lie in the compressed space
        rank = keys.width("attention.kv_lora_rank")
        attention = 2 * embedding + heads * (2 * rank + key_length)
    return ModelShape(
        context_length=keys.width("context_length"),
        vocabulary=keys.vocabulary(),
        embedding=embedding,
        heads=heads,
        masks=2 if keys.width("attention.sliding_window") else 1,
        layers=shapes,
        attention_words=attention if heads else 0,
        feed_forward_words=_feed_forward_words(keys, embedding, layers),
        recurrent_words=_recurrent_words(keys, embedding) if any(recurrent) else 0,
    )


def _state_numbers(keys: "_Keys", embedding: int) -> int:
    """Numbers of one recurrent layer's state: a convolution's tail and what it carries on."""
    if window := keys.width("shortconv.l_cache"):
        return embedding * (window - 1)
    if head := keys.width("wkv.head_size"):
        return embedding * (keys.width("token_shift_count", 2) + head)
    inner, state = keys.width("ssm.inner_size"), keys.width("ssm.state_size")
    tail = max(keys.width("ssm.conv_kernel") - 1, 0)
    return tail * (inner + 2 * keys.width("ssm.group_count") * state) + inner * state


def _feed_forward_words(keys: "_Keys", embedding: int, layers: int) -> int:
    dense = 3 * max(keys.each("feed_forward_length", layers))
    used = keys.width("expert_used_count")
    experts = used * (3 * keys.width("expert_feed_forward_length", dense // 3) + embedding)
    return 4 * embedding + max(dense, experts)


def _recurrent_words(keys: "_Keys", embedding: int) -> int:
    inner = keys.width("ssm.inner_size")
    return inner * 13 // 2 if inner else 6 * embedding


class _Keys:
    """Metadata of one architecture, by the keys that are its own."""

    def __init__(self, header: Header) -> None:
        self._header = header
        if not header.architecture:
            raise ModelError(f"{header.path} does not say which architecture it has.")

    def width(self, key: str, default: int = 0) -> int:
        """A size, the largest where there is one a layer. Raises ModelError for one beyond all sense."""
        value = self._header.of_architecture(key)
        value = default if value is None else value
        number = max(value.values, default=default) if isinstance(value, GgufArray) else value
        if isinstance(number, str) or not 0 <= number <= 2**32:
            raise ModelError(f"{self._header.path} says that {key} is {number!r}.")
        if number > _MOST_WIDTH and key != "context_length":
            raise ModelError(f"{self._header.path} says that {key} is {number:,}.")
        return int(number)

    def each(self, key: str, layers: int, default: int = 0) -> list[int]:
        """A size for each layer."""
        self.width(key, default)
        value = self._header.of_architecture(key)
        if isinstance(value, GgufArray):
            if value.count < layers or any(not 0 <= v <= _MOST_WIDTH for v in value.values):
                raise ModelError(f"{self._header.path} gives {key} for {value.count} of {layers} layers.")
            return [int(v) for v in value.values[:layers]]
        return [self.width(key, default)] * layers

    def vocabulary(self) -> int:
        tokens = self._header.metadata.get("tokenizer.ggml.tokens")
        return tokens.count if isinstance(tokens, GgufArray) else self.width("vocab_size")

    def recurrent(self, layers: int, kv_heads: list[int]) -> list[bool]:
        """Which layers keep a state: those without KV heads, or all but every n-th."""
        every = self.width("full_attention_interval")
        return [not kv_heads[i] or (every > 1 and (i + 1) % every != 0) for i in range(layers)]
