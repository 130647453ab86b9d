"""The same weights read by NumPy: what targets compute, and what their drafts should propose.

Written from the papers and from what llama.cpp's graphs do, in float64 and without a cache."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.engine.tiny_drafts import (
    BLOCK,
    EMBEDDING,
    EXPERTS_USED,
    HEAD,
    HEADS,
    KV_RANK,
    MASK,
    ROPE,
    Array,
    Tiny,
)

_EPSILON = 1e-5


@dataclass
class Guess:
    """A drafted token, how sure the draft is of it, and by how much its logit leads."""

    token: int
    probability: float
    lead: float


def rms(x: Array, weight: Array | None = None) -> Array:
    normed = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + _EPSILON)
    return np.asarray(normed if weight is None else normed * weight)


def rope(x: Array, positions: Array, *, halves: bool) -> Array:
    """Rotate `[n, heads, width]`; a pair is two neighbours, or with `halves` i and i + width / 2."""
    width = x.shape[-1]
    angle = positions[:, None, None] * 10000.0 ** (-np.arange(0, width, 2) / width)
    a, b = (x[..., : width // 2], x[..., width // 2 :]) if halves else (x[..., 0::2], x[..., 1::2])
    first, second = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
    if halves:
        return np.concatenate([first, second], axis=-1)
    return np.stack([first, second], axis=-1).reshape(x.shape)


def attend(q: Array, k: Array, v: Array, seen: Array) -> Array:
    """`q` `[n, heads, width]` over `k` and `v` `[m, kv_heads, width]` where `seen` `[n, m]` allows."""
    group = q.shape[1] // k.shape[1]
    q, k, v = (part.transpose(1, 0, 2) for part in (q, k.repeat(group, axis=1), v.repeat(group, axis=1)))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    mixed = softmax(np.where(seen, scores, -np.inf)) @ v
    return np.asarray(mixed.transpose(1, 0, 2).reshape(q.shape[1], -1))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def feed_forward(x: Array, w: dict[str, Array], kind: str = "") -> Array:
    gate = x @ w[f"ffn_gate{kind}.weight"].T
    inner = gate / (1 + np.exp(-gate)) * (x @ w[f"ffn_up{kind}.weight"].T)
    return np.asarray(inner @ w[f"ffn_down{kind}.weight"].T)


def layer_of(tiny: Tiny, layer: int) -> dict[str, Array]:
    named = ((name.removeprefix(f"blk.{layer}."), w) for name, w in tiny.tensors.items())
    return {name: w.astype(np.float64) for name, w in named if f"blk.{layer}.{name}" in tiny.tensors}


def heads(x: Array, width: int = HEAD) -> Array:
    return x.reshape(len(x), -1, width)


def read_target(tiny: Tiny, tokens: Sequence[int]) -> tuple[list[Array], Array]:
    """Layer inputs `[n, n_embd]`, the last entry being what the head reads; and logits `[n, n_vocab]`."""
    x = tiny.tensors["token_embd.weight"].astype(np.float64)[list(tokens)]
    positions = np.arange(len(tokens))
    inputs = []
    for layer in range(tiny.number("block_count") - tiny.number("nextn_predict_layers")):
        inputs.append(x)
        w = layer_of(tiny, layer)
        mixed = latent_attention if tiny.architecture == "deepseek2" else causal_attention
        x = x + mixed(tiny, w, rms(x, w["attn_norm.weight"]), positions)
        x = x + feed_forward(rms(x, w["ffn_norm.weight"]), w)
    state = rms(x, tiny.tensors["output_norm.weight"])
    return [*inputs, state], state @ tiny.tensors["output.weight"].T


def causal_attention(tiny: Tiny, w: dict[str, Array], x: Array, positions: Array) -> Array:
    q, k, v = (heads(x @ w[f"attn_{part}.weight"].T) for part in "qkv")
    if tiny.architecture == "qwen3":
        q, k = rms(q, w["attn_q_norm.weight"]), rms(k, w["attn_k_norm.weight"])
    q, k = (rope(part, positions, halves=tiny.architecture == "qwen3") for part in (q, k))
    seen = np.tri(len(x), dtype=bool)
    return np.asarray(attend(q, k, v, seen) @ w["attn_output.weight"].T)


def latent_attention(tiny: Tiny, w: dict[str, Array], x: Array, positions: Array) -> Array:
    """Multi-head latent attention (arXiv 2405.04434), keys and values expanded."""
    q = heads(
        rms(x @ w["attn_q_a.weight"].T, w["attn_q_a_norm.weight"]) @ w["attn_q_b.weight"].T, HEAD + ROPE
    )
    compressed = x @ w["attn_kv_a_mqa.weight"].T
    latent = rms(compressed[:, :KV_RANK], w["attn_kv_a_norm.weight"])
    k = np.einsum("nr,hrd->nhd", latent, w["attn_k_b.weight"])
    v = np.einsum("nr,hdr->nhd", latent, w["attn_v_b.weight"])
    turned = rope(heads(compressed[:, KV_RANK:], ROPE), positions, halves=False).repeat(HEADS, axis=1)
    q = np.concatenate([q[..., :HEAD], rope(q[..., HEAD:], positions, halves=False)], axis=-1)
    k = np.concatenate([k, turned], axis=-1)
    return np.asarray(attend(q, k, v, np.tri(len(x), dtype=bool)) @ w["attn_output.weight"].T)


def experts(x: Array, w: dict[str, Array]) -> Array:
    """A softmax router over experts, and one expert that is always asked."""
    y = feed_forward(x, w, "_shexp")
    for i, probabilities in enumerate(softmax(x @ w["ffn_gate_inp.weight"].T)):
        for expert in np.argsort(-probabilities)[:EXPERTS_USED]:
            own = {name: tensor[expert] for name, tensor in w.items() if "_exps" in name}
            y[i] += probabilities[expert] * feed_forward(x[i : i + 1], own, "_exps")[0]
    return y


def fuse(draft: Tiny, of: Tiny, tokens: Sequence[int]) -> Array:
    """The states of the target's layers that `draft` reads, through its first matrix: `[n, n_embd]`."""
    inputs, _ = read_target(of, tokens)
    features = np.concatenate([inputs[layer] for layer in draft.target_layers], axis=1)
    return np.asarray(features @ draft.tensors["fc.weight"].T.astype(np.float64))


def head_logits(draft: Tiny, of: Tiny, state: Array) -> Array:
    """Logits over the target's vocabulary: a reduced one leaves the other tokens impossible."""
    logits = state @ draft.tensors.get("output.weight", of.tensors["output.weight"]).T
    return spread(draft, logits, -np.inf)


def spread(draft: Tiny, values: Array, elsewhere: float) -> Array:
    if "d2t" not in draft.tensors:
        return values
    whole = np.full((*values.shape[:-1], len(draft.tokens)), elsewhere)
    whole[..., draft.tensors["d2t"]] = values
    return whole


def guess(logits: Array, probability: float | None = None) -> Guess:
    best, second = np.sort(logits)[::-1][:2]
    token = int(logits.argmax())
    return Guess(token, float(softmax(logits)[token]) if probability is None else probability, best - second)


def read_block(draft: Tiny, of: Tiny, tokens: Sequence[int], first: int = 0) -> list[Guess]:
    """What a DSpark or DFlash draft proposes behind `tokens`, of which the target has not evaluated the
    last. It has seen the target's states from position `first` on."""
    fused = rms(fuse(draft, of, tokens[:-1])[first:], draft.tensors["enc.output_norm.weight"])
    before, inside = np.arange(first, len(tokens) - 1), np.arange(len(tokens) - 1, len(tokens) - 1 + BLOCK)
    x = of.tensors["token_embd.weight"].astype(np.float64)[[tokens[-1]] + [MASK] * (BLOCK - 1)]
    for layer in range(draft.number("block_count")):
        w = layer_of(draft, layer)
        normed = rms(x, w["attn_norm.weight"])
        q = rms(heads(normed @ w["attn_q.weight"].T), w["attn_q_norm.weight"])
        rows = np.concatenate([fused, normed])
        k = rms(heads(rows @ w["attn_k.weight"].T), w["attn_k_norm.weight"])
        v = heads(rows @ w["attn_v.weight"].T)
        q, k = rope(q, inside, halves=True), rope(k, np.concatenate([before, inside]), halves=True)
        seen = np.ones((BLOCK, len(rows)), dtype=bool)
        x = x + attend(q, k, v, seen) @ w["attn_output.weight"].T
        x = x + feed_forward(rms(x, w["ffn_norm.weight"]), w)
    state = rms(x, draft.tensors["output_norm.weight"])
    logits = head_logits(draft, of, state)
    if "markov_w1.weight" not in draft.tensors:
        return [guess(row) for row in logits[1:]]
    return _markov_chain(draft, tokens[-1], state, logits)


def _markov_chain(draft: Tiny, last: int, state: Array, logits: Array) -> list[Guess]:
    guesses: list[Guess] = []
    for i in range(0 if draft.keys["sample_from_anchor"] else 1, BLOCK):
        lean = draft.tensors["markov_w1.weight"].astype(np.float64)[last]
        row = logits[i] + spread(draft, draft.tensors["markov_w2.weight"] @ lean, 0.0)
        sure = None
        if "conf_proj.weight" in draft.tensors:
            score = draft.tensors["conf_proj.weight"][0] @ np.concatenate([state[i], lean])
            sure = float(1 / (1 + np.exp(-score - draft.tensors["conf_proj.bias"][0])))
        guesses.append(guess(row, sure))
        last = guesses[-1].token
    return guesses


def read_eagle3(draft: Tiny, of: Tiny, tokens: Sequence[int], count: int, first: int = 0) -> list[Guess]:
    """What an EAGLE-3 draft proposes behind `tokens`: entry i pairs the states at i with token i + 1."""
    g = fuse(draft, of, tokens[:-1])[first:]
    beside = list(tokens[first + 1 :])
    w = layer_of(draft, 0)
    embeddings = of.tensors["token_embd.weight"].astype(np.float64)
    guesses: list[Guess] = []
    while len(guesses) < count:
        positions = first + np.arange(len(g))
        normed = rms(g, w["attn_norm_2.weight"])
        both = np.concatenate([rms(embeddings[beside], w["attn_norm.weight"]), normed], axis=1)
        q, k, v = (heads(both @ w[f"attn_{part}.weight"].T) for part in "qkv")
        q, k = rope(q, positions, halves=False), rope(k, positions, halves=False)
        x = normed if draft.keys.get("norm_before_residual") else g
        x = x + attend(q, k, v, np.tri(len(g), dtype=bool)) @ w["attn_output.weight"].T
        x = x + feed_forward(rms(x, w["ffn_norm.weight"]), w)
        guesses.append(guess(head_logits(draft, of, rms(x[-1], draft.tensors["output_norm.weight"]))))
        g, beside = np.concatenate([g, x[-1:]]), [*beside, guesses[-1].token]
    return guesses


def read_mtp(of: Tiny, tokens: Sequence[int], count: int, first: int = 0) -> list[Guess]:
    """What the target's next-token layer proposes behind `tokens`: entry i pairs token i with the state
    at i - 1, nothing for token 0."""
    h = np.concatenate([np.zeros((1, EMBEDDING)), read_target(of, tokens[:-1])[0][-1]])
    start = first + 1 if first else 0
    h, beside = h[start:], list(tokens[start:])
    w = layer_of(of, of.number("block_count") - 1)
    embeddings = of.tensors["token_embd.weight"].astype(np.float64)
    guesses: list[Guess] = []
    while len(guesses) < count:
        e = rms(embeddings[beside], w["nextn.enorm.weight"])
        x = np.concatenate([e, rms(h, w["nextn.hnorm.weight"])], axis=1) @ w["nextn.eh_proj.weight"].T
        positions = start + np.arange(len(x))
        x = x + latent_attention(of, w, rms(x, w["attn_norm.weight"]), positions)
        x = x + experts(rms(x, w["ffn_norm.weight"]), w)
        state = rms(x[-1:], w["nextn.shared_head_norm.weight"])
        guesses.append(guess(state[0] @ of.tensors["output.weight"].T))
        h, beside = np.concatenate([h, state]), [*beside, guesses[-1].token]
    return guesses
