"""Tiny random-weight models of two more memory types: `lfm2`, a hybrid of attention layers and short
convolutions, and `deepseek2` with its KV compressed (MLA), one narrow row a token for all heads."""

from pathlib import Path
from typing import Literal

import gguf
import numpy as np

from tests.engine.tiny_gguf import (
    EMBEDDING,
    FEED_FORWARD,
    HEAD,
    HEADS,
    KV_RANK,
    Q_RANK,
    ROPE,
    _add_vocabulary,
    _values,
    vocabulary,
)

Memory = Literal["lfm2", "deepseek2"]
_WINDOW = 3


def write_memory(path: Path, architecture: Memory, *, seed: int = 0) -> Path:
    """Write a model of that memory type and return `path`."""
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name(f"tiny-{architecture}")
    _add_vocabulary(writer, vocabulary())
    writer.add_context_length(2048)
    writer.add_embedding_length(EMBEDDING)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    layers = _hybrid(writer) if architecture == "lfm2" else _compressed(writer)
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (len(vocabulary()), EMBEDDING)}
    final = "token_embd_norm.weight" if architecture == "lfm2" else "output_norm.weight"
    shapes[final] = (EMBEDDING,)
    for i, layer in enumerate(layers):
        shapes |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
    random = np.random.default_rng(seed)
    for name, shape in shapes.items():
        writer.add_tensor(name, _values(random, name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _block() -> dict[str, tuple[int, ...]]:
    return {
        "attn_norm": (EMBEDDING,),
        "ffn_norm": (EMBEDDING,),
        "ffn_gate": (FEED_FORWARD, EMBEDDING),
        "ffn_up": (FEED_FORWARD, EMBEDDING),
        "ffn_down": (EMBEDDING, FEED_FORWARD),
    }


def _hybrid(writer: gguf.GGUFWriter) -> list[dict[str, tuple[int, ...]]]:
    kv_heads = [0, 2, 0, 2]
    writer.add_block_count(len(kv_heads))
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_shortconv_l_cache(_WINDOW)
    convolution = {
        "shortconv.conv": (EMBEDDING, _WINDOW),
        "shortconv.in_proj": (3 * EMBEDDING, EMBEDDING),
        "shortconv.out_proj": (EMBEDDING, EMBEDDING),
    }
    attention = {
        "attn_q": (EMBEDDING, EMBEDDING),
        "attn_k": (2 * HEAD, EMBEDDING),
        "attn_v": (2 * HEAD, EMBEDDING),
        "attn_output": (EMBEDDING, EMBEDDING),
        "attn_q_norm": (HEAD,),
        "attn_k_norm": (HEAD,),
    }
    return [_block() | (attention if heads else convolution) for heads in kv_heads]


def _compressed(writer: gguf.GGUFWriter) -> list[dict[str, tuple[int, ...]]]:
    layers = 2
    writer.add_block_count(layers)
    writer.add_head_count_kv(1)
    writer.add_q_lora_rank(Q_RANK)
    writer.add_kv_lora_rank(KV_RANK)
    writer.add_key_length(KV_RANK + ROPE)
    writer.add_value_length(KV_RANK)
    writer.add_key_length_mla(HEAD + ROPE)
    writer.add_value_length_mla(HEAD)
    writer.add_rope_dimension_count(ROPE)
    writer.add_leading_dense_block_count(layers)
    writer.add_expert_feed_forward_length(FEED_FORWARD)
    writer.add_expert_shared_count(0)
    attention = {
        "attn_q_a": (Q_RANK, EMBEDDING),
        "attn_q_a_norm": (Q_RANK,),
        "attn_q_b": (HEADS * (HEAD + ROPE), Q_RANK),
        "attn_kv_a_mqa": (KV_RANK + ROPE, EMBEDDING),
        "attn_kv_a_norm": (KV_RANK,),
        "attn_k_b": (HEADS, KV_RANK, HEAD),
        "attn_v_b": (HEADS, HEAD, KV_RANK),
        "attn_output": (EMBEDDING, HEADS * HEAD),
    }
    return [_block() | attention for _ in range(layers)]
