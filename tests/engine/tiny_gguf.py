"""Tiny random-weight models as GGUF files, one a memory type that llama.cpp has.

`llama` and `qwen3` keep a plain KV cache, `deepseek2` a compressed one, `gemma2` a sliding window,
`mamba` a recurrent state that cannot go back."""

from pathlib import Path
from typing import Literal

import gguf
import numpy as np

Architecture = Literal["llama", "qwen3", "deepseek2", "gemma2", "mamba"]

EMBEDDING, HEADS, HEAD, FEED_FORWARD, LAYERS = 64, 4, 16, 96, 2
Q_RANK, KV_RANK, ROPE = 24, 32, 8
INNER, STATE, CONVOLUTION, STEP_RANK = 2 * EMBEDDING, 8, 4, 4
CONTROL = ["<unk>", "<s>", "</s>"]


def vocabulary(letters: str = "abcdefghijklmnopqrstuvwxyz") -> list[str]:
    """Control tokens, all bytes, and `letters`."""
    return CONTROL + [f"<0x{byte:02X}>" for byte in range(256)] + list(letters)


def write_tiny(
    path: Path, architecture: Architecture = "llama", *, seed: int = 0, tokens: list[str] | None = None
) -> Path:
    """Write a model with `tokens` as its vocabulary and return `path`."""
    tokens = tokens or vocabulary()
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name(f"tiny-{architecture}")
    _add_vocabulary(writer, tokens)
    _add_parameters(writer, architecture)
    random = np.random.default_rng(seed)
    shapes = {"token_embd.weight": (len(tokens), EMBEDDING), "output_norm.weight": (EMBEDDING,)}
    if architecture != "gemma2":
        shapes["output.weight"] = (len(tokens), EMBEDDING)
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in _layer(architecture).items()}
    for name, shape in shapes.items():
        writer.add_tensor(name, _values(random, name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE if t.startswith("<0x") else gguf.TokenType.NORMAL for t in tokens[3:]]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)


def with_number(path: Path, key: str, number: int) -> Path:
    """The file with another number under `key`."""
    content = bytearray(path.read_bytes())
    at = content.index(key.encode()) + len(key) + 4
    content[at : at + 4] = number.to_bytes(4, "little")
    path.write_bytes(content)
    return path


def _add_parameters(writer: gguf.GGUFWriter, architecture: Architecture) -> None:
    writer.add_context_length(2048)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_layer_norm_rms_eps(1e-5)
    if architecture == "mamba":
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_ssm_conv_kernel(CONVOLUTION)
        writer.add_ssm_inner_size(INNER)
        writer.add_ssm_state_size(STATE)
        writer.add_ssm_time_step_rank(STEP_RANK)
        return
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    if architecture == "deepseek2":
        writer.add_q_lora_rank(Q_RANK)
        writer.add_kv_lora_rank(KV_RANK)
        writer.add_key_length(HEAD + ROPE)
        writer.add_value_length(HEAD)
        writer.add_rope_dimension_count(ROPE)
        writer.add_leading_dense_block_count(LAYERS)
        writer.add_expert_feed_forward_length(FEED_FORWARD)
        writer.add_expert_shared_count(0)
        return
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    if architecture == "gemma2":
        writer.add_sliding_window(16)


def _layer(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Tensor shapes of one layer, rows first as numpy has them."""
    wide = HEADS * HEAD
    if architecture == "mamba":
        return {
            "attn_norm.weight": (EMBEDDING,),
            "ssm_in.weight": (2 * INNER, EMBEDDING),
            "ssm_conv1d.weight": (INNER, CONVOLUTION),
            "ssm_conv1d.bias": (INNER,),
            "ssm_x.weight": (STEP_RANK + 2 * STATE, INNER),
            "ssm_dt.weight": (INNER, STEP_RANK),
            "ssm_dt.bias": (INNER,),
            "ssm_a": (INNER, STATE),
            "ssm_d": (INNER,),
            "ssm_out.weight": (EMBEDDING, INNER),
        }
    shapes: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (EMBEDDING,),
        "attn_output.weight": (EMBEDDING, wide),
        "ffn_norm.weight": (EMBEDDING,),
        "ffn_gate.weight": (FEED_FORWARD, EMBEDDING),
        "ffn_up.weight": (FEED_FORWARD, EMBEDDING),
        "ffn_down.weight": (EMBEDDING, FEED_FORWARD),
    }
    if architecture == "deepseek2":
        return shapes | {
            "attn_q_a.weight": (Q_RANK, EMBEDDING),
            "attn_q_a_norm.weight": (Q_RANK,),
            "attn_q_b.weight": (HEADS * (HEAD + ROPE), Q_RANK),
            "attn_kv_a_mqa.weight": (KV_RANK + ROPE, EMBEDDING),
            "attn_kv_a_norm.weight": (KV_RANK,),
            "attn_kv_b.weight": (HEADS * (HEAD + HEAD), KV_RANK),
        }
    shapes |= {f"attn_{part}.weight": (wide, EMBEDDING) for part in "qkv"}
    if architecture == "qwen3":
        shapes |= {"attn_q_norm.weight": (HEAD,), "attn_k_norm.weight": (HEAD,)}
    if architecture == "gemma2":
        shapes |= {"post_attention_norm.weight": (EMBEDDING,), "post_ffw_norm.weight": (EMBEDDING,)}
    return shapes


def _values(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name.endswith("norm.weight"):
        return np.ones(shape, np.float32)
    if name.endswith("ssm_a"):
        return -random.uniform(0.5, 2.0, shape).astype(np.float32)
    scale = 1.0 if len(shape) == 1 or name.startswith("token_embd") else 1.5 / np.sqrt(shape[-1])
    return (random.standard_normal(shape) * scale).astype(np.float32)
