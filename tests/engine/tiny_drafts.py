"""Tiny targets and the drafts that read their hidden states, with random weights, as GGUF.

Each is a `Tiny`: metadata and tensors, to be changed before it is written and read by NumPy beside
llama.cpp. With little `mixing` a target is nearly a Markov chain, which an `agreeing` draft can know."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
import numpy.typing as npt

from tests.engine.tiny_gguf import CONTROL, vocabulary

EMBEDDING, HEADS, KV_HEADS, HEAD, FEED_FORWARD = 64, 4, 2, 16, 96
Q_RANK, KV_RANK, ROPE = 24, 32, 8
EXPERTS, EXPERTS_USED = 4, 2
RANK, BLOCK, MASK = 12, 6, 0
TOKENS = vocabulary()

Key = bool | int | float | str | list[int]
Array = npt.NDArray[Any]


@dataclass
class Tiny:
    """Keys of its architecture are named without their prefix; `tokens` is the vocabulary."""

    architecture: str
    keys: dict[str, Key]
    tensors: dict[str, Array]
    tokens: list[str]

    def number(self, key: str) -> int:
        """A whole number of the metadata, 0 where it is not there."""
        value = self.keys.get(key, 0)
        assert isinstance(value, int)
        return value

    @property
    def target_layers(self) -> list[int]:
        value = self.keys["target_layers"]
        assert isinstance(value, list)
        return value

    def write(self, path: Path) -> Path:
        writer = gguf.GGUFWriter(str(path), self.architecture)
        writer.add_name(path.stem)
        kinds = [gguf.TokenType.CONTROL] * len(CONTROL)
        kinds += [
            gguf.TokenType.BYTE if token.startswith("<0x") else gguf.TokenType.NORMAL
            for token in self.tokens[len(kinds) :]
        ]
        writer.add_tokenizer_model("llama")
        writer.add_token_list(self.tokens)
        writer.add_token_scores([0.0] * len(self.tokens))
        writer.add_token_types(kinds)
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_add_bos_token(True)
        for name, value in self.keys.items():
            self._add_key(writer, name, value)
        for name, tensor in self.tensors.items():
            writer.add_tensor(name, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    def _add_key(self, writer: gguf.GGUFWriter, name: str, value: Key) -> None:
        key = name if name.startswith("tokenizer.") else f"{self.architecture}.{name}"
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, value)


class _Random:
    """Weights that keep values of size one at size one."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def matrix(self, *shape: int, scale: float = 1.0) -> Array:
        values = self._generator.standard_normal(shape) * (scale / np.sqrt(shape[-1]))
        return np.asarray(values, np.float32)

    def vectors(self, *shape: int) -> Array:
        return self._generator.standard_normal(shape).astype(np.float32)

    def norm(self, width: int) -> Array:
        return self._generator.uniform(0.7, 1.3, width).astype(np.float32)


def target(
    architecture: Literal["llama", "qwen3"] = "llama",
    *,
    layers: int = 4,
    mixing: float = 1.0,
    chained: bool = False,
    seed: int = 0,
) -> Tiny:
    """A dense target with grouped heads. `chained`, its head goes on from each token with one other."""
    random = _Random(seed)
    tensors = _vocabulary_tensors(random, chained)
    for layer in range(layers):
        block = _block(random, mixing=mixing)
        if architecture == "qwen3":
            block |= {"attn_q_norm.weight": random.norm(HEAD), "attn_k_norm.weight": random.norm(HEAD)}
        tensors |= _at(layer, block)
    return Tiny(architecture, _dense_keys(layers), tensors, list(TOKENS))


def dspark(
    of: Tiny,
    *,
    layers: list[int],
    markov: bool = True,
    confidence: bool = True,
    from_anchor: bool = True,
    reduced: int = 0,
    agreeing: bool = False,
    seed: int = 1,
) -> Tiny:
    """A DSpark draft of `of`, a DFlash draft without `markov`. `reduced` gives it so many tokens of its
    own. An `agreeing` one knows the chain that a target without mixing is."""
    random = _Random(seed)
    tensors = {
        "fc.weight": random.matrix(EMBEDDING, len(layers) * EMBEDDING),
        "enc.output_norm.weight": random.norm(EMBEDDING),
        "output_norm.weight": random.norm(EMBEDDING) * np.float32(0.05 if agreeing else 1.0),
    }
    for layer in range(2):
        block = _block(random)
        block |= {"attn_q_norm.weight": random.norm(HEAD), "attn_k_norm.weight": random.norm(HEAD)}
        tensors |= _at(layer, block)
    rows = reduced or len(of.tokens)
    if reduced:
        ids = np.sort(np.random.default_rng(seed).permutation(np.arange(3, len(of.tokens)))[:reduced])
        tensors["d2t"] = ids.astype(np.int64)
        tensors["output.weight"] = random.matrix(reduced, EMBEDDING, scale=3.0)
    if markov:
        tensors["markov_w1.weight"] = random.vectors(len(of.tokens), RANK)
        tensors["markov_w2.weight"] = random.matrix(rows, RANK, scale=2.0)
        if agreeing:
            tensors["markov_w1.weight"] = chain_states(of)
            tensors["markov_w2.weight"] = of.tensors["output.weight"]
    if markov and confidence:
        rank = tensors["markov_w1.weight"].shape[1]
        tensors["conf_proj.weight"] = random.matrix(1, EMBEDDING + rank)
        tensors["conf_proj.bias"] = np.array([0.3], np.float32)
    keys = _dense_keys(2) | {
        "block_size": BLOCK,
        "target_layers": layers,
        "tokenizer.ggml.mask_token_id": MASK,
    }
    if markov:
        keys |= {"sample_from_anchor": from_anchor, "has_confidence_head": confidence}
    return Tiny("dflash", keys, tensors, list(of.tokens))


def eagle3(of: Tiny, *, layers: list[int], reduced: int = 0, agreeing: bool = False, seed: int = 2) -> Tiny:
    """An EAGLE-3 draft of `of`. An `agreeing` one passes the last token's embedding to the head."""
    if agreeing:
        return _agreeing_eagle3(of, layers)
    random = _Random(seed)
    block = _block(random)
    for part in "qkv":
        block[f"attn_{part}.weight"] = random.matrix(len(block[f"attn_{part}.weight"]), 2 * EMBEDDING)
    tensors = {
        "fc.weight": random.matrix(EMBEDDING, len(layers) * EMBEDDING),
        "output_norm.weight": random.norm(EMBEDDING),
    } | _at(0, block | {"attn_norm_2.weight": random.norm(EMBEDDING)})
    if reduced:
        ids = np.sort(np.random.default_rng(seed).permutation(np.arange(3, len(of.tokens)))[:reduced])
        tensors["d2t"] = ids.astype(np.int64)
        tensors["output.weight"] = random.matrix(reduced, EMBEDDING, scale=3.0)
    keys = _dense_keys(1) | {"target_layers": layers, "target_hidden_size": EMBEDDING}
    return Tiny("eagle3", keys, tensors, list(of.tokens))


def _agreeing_eagle3(of: Tiny, layers: list[int]) -> Tiny:
    """Queries and keys are made of what embeddings have in common, in the pairs that rotate quickest:
    each entry attends to itself. Its value is its own token's embedding, and the state beside it hardly
    counts."""
    draft = eagle3(of, layers=layers)
    common = of.tensors["token_embd.weight"].mean(axis=0)
    alike = np.zeros((HEADS, HEAD, 2 * EMBEDDING), np.float32)
    alike[:, :6, :EMBEDDING] = np.repeat([4.0, 3.0, 3.0], 2)[:, None] * common / np.linalg.norm(common)
    value = np.eye(EMBEDDING, 2 * EMBEDDING, dtype=np.float32)
    draft.tensors |= {
        "output_norm.weight": of.tensors["output_norm.weight"],
        "blk.0.attn_norm.weight": np.ones(EMBEDDING, np.float32),
        "blk.0.attn_norm_2.weight": np.full(EMBEDDING, 0.02, np.float32),
        "blk.0.attn_q.weight": alike.reshape(-1, 2 * EMBEDDING),
        "blk.0.attn_k.weight": alike.reshape(-1, 2 * EMBEDDING),
        "blk.0.attn_v.weight": value,
        "blk.0.attn_output.weight": np.eye(EMBEDDING, HEADS * HEAD, dtype=np.float32),
        "blk.0.ffn_down.weight": draft.tensors["blk.0.ffn_down.weight"] * np.float32(0.01),
    }
    draft.keys |= {"attention.head_count_kv": HEADS, "norm_before_residual": True}
    return draft


def deepseek(
    *, layers: int = 2, mixing: float = 1.0, chained: bool = False, agreeing: bool = False, seed: int = 3
) -> Tiny:
    """A target with compressed attention and one layer that predicts the token after next: when
    `agreeing`, it passes the last token's embedding to the head."""
    random = _Random(seed)
    tensors = _vocabulary_tensors(random, chained)
    for layer in range(layers):
        tensors |= _at(layer, _latent_block(random, mixing) | _dense(random, mixing))
    last = _latent_block(random, mixing) | _experts(random, mixing)
    last |= {
        "nextn.eh_proj.weight": random.matrix(EMBEDDING, 2 * EMBEDDING),
        "nextn.enorm.weight": random.norm(EMBEDDING),
        "nextn.hnorm.weight": random.norm(EMBEDDING),
        "nextn.shared_head_norm.weight": random.norm(EMBEDDING),
    }
    if agreeing:
        last["nextn.eh_proj.weight"] = np.eye(EMBEDDING, 2 * EMBEDDING, dtype=np.float32)
        last["nextn.enorm.weight"] = np.ones(EMBEDDING, np.float32)
        last["nextn.shared_head_norm.weight"] = tensors["output_norm.weight"]
    tensors |= _at(layers, last)
    keys: dict[str, Key] = {
        "context_length": 2048,
        "embedding_length": EMBEDDING,
        "block_count": layers + 1,
        "nextn_predict_layers": 1,
        "leading_dense_block_count": layers,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": 1,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.q_lora_rank": Q_RANK,
        "attention.kv_lora_rank": KV_RANK,
        "attention.key_length": KV_RANK + ROPE,
        "attention.value_length": KV_RANK,
        "attention.key_length_mla": HEAD + ROPE,
        "attention.value_length_mla": HEAD,
        "rope.dimension_count": ROPE,
        "expert_count": EXPERTS,
        "expert_used_count": EXPERTS_USED,
        "expert_shared_count": 1,
        "expert_feed_forward_length": FEED_FORWARD // 2,
        "expert_weights_scale": 1.0,
    }
    return Tiny("deepseek2", keys, tensors, list(TOKENS))


def cut_out(whole: Tiny) -> Tiny:
    """A file of the layers alone that predict the token after next."""
    last = f"blk.{whole.number('block_count') - 1}."
    tensors = {n: t for n, t in whole.tensors.items() if n.startswith(last) or not n.startswith("blk.")}
    return Tiny(whole.architecture, dict(whole.keys), tensors, list(whole.tokens))


def chain_states(of: Tiny) -> Array:
    """What the head of a target without mixing reads after each token: `[n_vocab, n_embd]`."""
    rows = of.tensors["token_embd.weight"]
    scale = np.sqrt((rows * rows).mean(axis=1, keepdims=True) + 1e-5)
    return np.asarray(rows / scale * of.tensors["output_norm.weight"], np.float32)


def _vocabulary_tensors(random: _Random, chained: bool) -> dict[str, Array]:
    """Embeddings of equal length with one direction in common, which the head does not see."""
    common = random.vectors(EMBEDDING)
    common *= np.sqrt(EMBEDDING) / np.linalg.norm(common)
    own = random.vectors(len(TOKENS), EMBEDDING)
    own -= np.outer(own @ common, common) / EMBEDDING
    own *= np.sqrt(EMBEDDING) / np.linalg.norm(own, axis=1, keepdims=True)
    norm = random.norm(EMBEDDING)
    head = random.matrix(len(TOKENS), EMBEDDING, scale=3.0)
    if chained:
        order = np.random.default_rng(0).permutation(np.arange(len(CONTROL), len(TOKENS)))
        head[np.roll(order, -1)] = own[order] * np.float32(0.15)
    head[: len(CONTROL)] = 0  # answers do not end
    unseen = common * norm / np.linalg.norm(common * norm)
    head -= np.outer(head @ unseen, unseen)
    return {"token_embd.weight": own + common, "output_norm.weight": norm, "output.weight": head}


def _at(layer: int, tensors: dict[str, Array]) -> dict[str, Array]:
    return {f"blk.{layer}.{name}": tensor for name, tensor in tensors.items()}


def _dense_keys(layers: int) -> dict[str, Key]:
    return {
        "context_length": 2048,
        "embedding_length": EMBEDDING,
        "block_count": layers,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": HEAD,
    }


def _block(random: _Random, *, mixing: float = 1.0) -> dict[str, Array]:
    return {
        "attn_norm.weight": random.norm(EMBEDDING),
        "attn_q.weight": random.matrix(HEADS * HEAD, EMBEDDING, scale=2.0),
        "attn_k.weight": random.matrix(KV_HEADS * HEAD, EMBEDDING, scale=2.0),
        "attn_v.weight": random.matrix(KV_HEADS * HEAD, EMBEDDING),
        "attn_output.weight": random.matrix(EMBEDDING, HEADS * HEAD, scale=2.0 * mixing),
    } | _dense(random, mixing)


def _dense(random: _Random, mixing: float) -> dict[str, Array]:
    return {
        "ffn_norm.weight": random.norm(EMBEDDING),
        "ffn_gate.weight": random.matrix(FEED_FORWARD, EMBEDDING, scale=1.5),
        "ffn_up.weight": random.matrix(FEED_FORWARD, EMBEDDING, scale=1.5),
        "ffn_down.weight": random.matrix(EMBEDDING, FEED_FORWARD, scale=mixing),
    }


def _latent_block(random: _Random, mixing: float) -> dict[str, Array]:
    return {
        "attn_norm.weight": random.norm(EMBEDDING),
        "attn_q_a.weight": random.matrix(Q_RANK, EMBEDDING),
        "attn_q_a_norm.weight": random.norm(Q_RANK),
        "attn_q_b.weight": random.matrix(HEADS * (HEAD + ROPE), Q_RANK, scale=2.0),
        "attn_kv_a_mqa.weight": random.matrix(KV_RANK + ROPE, EMBEDDING),
        "attn_kv_a_norm.weight": random.norm(KV_RANK),
        "attn_k_b.weight": random.matrix(HEADS, KV_RANK, HEAD, scale=2.0),
        "attn_v_b.weight": random.matrix(HEADS, HEAD, KV_RANK),
        "attn_output.weight": random.matrix(EMBEDDING, HEADS * HEAD, scale=2.0 * mixing),
    }


def _experts(random: _Random, mixing: float) -> dict[str, Array]:
    width = FEED_FORWARD // 2
    return {
        "ffn_norm.weight": random.norm(EMBEDDING),
        "ffn_gate_inp.weight": random.matrix(EXPERTS, EMBEDDING),
        "ffn_gate_exps.weight": random.matrix(EXPERTS, width, EMBEDDING),
        "ffn_up_exps.weight": random.matrix(EXPERTS, width, EMBEDDING),
        "ffn_down_exps.weight": random.matrix(EXPERTS, EMBEDDING, width, scale=mixing),
        "ffn_gate_shexp.weight": random.matrix(width, EMBEDDING),
        "ffn_up_shexp.weight": random.matrix(width, EMBEDDING),
        "ffn_down_shexp.weight": random.matrix(EMBEDDING, width, scale=mixing),
    }
