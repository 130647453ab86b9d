"""The networks to train, with the very maths that llama.cpp runs them by: DSpark, DFlash and EAGLE-3.

An anchor is the position of the last token that is known but that the target has not evaluated: there are
states for all tokens before it, and `draft` tokens behind it are to be guessed. Parameters have GGUF's names.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from assistant.train.target import LayerShape, TargetWeights

Method = Literal["dspark", "dflash", "eagle3"]
ROPE_BASE = 10000.0


@dataclass(frozen=True, slots=True)
class DraftShape:
    """`draft` tokens are guessed at a time by `layers` layers (EAGLE-3 has one) from `states` values a
    token. `rank` is that of the Markov head, `mask` the token that stands for one to be guessed."""

    method: Method
    layer: LayerShape
    states: int
    draft: int
    layers: int
    rank: int
    mask: int

    @property
    def leads(self) -> int:
        """Rows of a block before the first that guesses: DFlash makes none of the anchor's own."""
        return 1 if self.method == "dflash" else 0

    @property
    def block(self) -> int:
        """Tokens of a block, the anchor's included."""
        return self.draft + self.leads


@dataclass(frozen=True, slots=True)
class Drafted:
    """`tokens` `[b, anchors, draft]` of the target's vocabulary: the likeliest, or in training the truth that
    was followed instead. `logits` `[..., n_rows]` of the draft's own vocabulary and, from DSpark, the logits
    of `confidence` `[b, anchors, draft]` in each."""

    tokens: Tensor
    logits: Tensor
    confidence: Tensor | None


class Norm(nn.Module):
    """Root mean square, as llama.cpp has it."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self._epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), self.weight.shape, self.weight, self._epsilon)


class Draft(nn.Module):
    """What the methods share: frozen embeddings and head, and the fusion of the target's states."""

    def __init__(self, shape: DraftShape, weights: TargetWeights, vocabulary: Tensor) -> None:
        """`vocabulary` `[n_rows]` are the target's tokens that the draft can guess."""
        super().__init__()
        width, epsilon = shape.layer.embedding, shape.layer.epsilon
        self.shape = shape
        self.register_buffer("vocabulary", vocabulary)
        # A few of a target's values are a thousand times the others: one learning rate does not suit both.
        self.register_buffer("scales", torch.ones(shape.states))
        embeddings, head = torch.from_numpy(weights.embeddings), torch.from_numpy(weights.head)
        self.register_buffer("embeddings", embeddings, persistent=False)
        self.register_buffer("head", head[vocabulary].contiguous(), persistent=False)
        self.fc = _linear(shape.states, width)
        self.output_norm = Norm(width, epsilon)
        self.output_norm.weight.data.copy_(torch.from_numpy(weights.norm))

    def forward(
        self, tokens: Tensor, states: Tensor, anchors: Tensor, truth: Tensor | None = None
    ) -> Drafted:
        """Draft behind each of `anchors` `[b, a]` in `tokens` `[b, n]` with `states` `[b, n, width]`: after
        `truth` `[b, a, draft]` in training, else after the draft's own likeliest tokens."""
        raise NotImplementedError

    def _fuse(self, states: Tensor) -> Tensor:
        return self.fc(states / self.scales)

    def _likeliest(self, logits: Tensor) -> Tensor:
        return self.vocabulary[logits.argmax(-1)]


class BlockDraft(Draft):
    """DFlash fills a block of mask tokens in at once, each seeing all of the block and the states before it.
    DSpark adds a Markov head, by which each token leans on the one before it, and a confidence head."""

    def __init__(self, shape: DraftShape, weights: TargetWeights, vocabulary: Tensor) -> None:
        super().__init__(shape, weights, vocabulary)
        width = shape.layer.embedding
        self.enc_output_norm = Norm(width, shape.layer.epsilon)
        self.blk = nn.ModuleList(_BlockLayer(shape.layer) for _ in range(shape.layers))
        if shape.method == "dspark":
            self.markov_w1 = nn.Embedding(len(weights.embeddings), shape.rank)
            self.markov_w2 = _linear(shape.rank, len(vocabulary))
            self.markov_w2.weight.data.zero_()
            self.conf_proj = nn.Linear(width + shape.rank, 1)

    def forward(
        self, tokens: Tensor, states: Tensor, anchors: Tensor, truth: Tensor | None = None
    ) -> Drafted:
        size = self.shape.block
        fused = self.enc_output_norm(self._fuse(states))
        first = tokens.gather(1, anchors)
        block = F.pad(first[..., None], (0, size - 1), value=self.shape.mask)
        x = self.embeddings[block].flatten(1, 2)
        inside = (anchors[..., None] + torch.arange(size, device=anchors.device)).flatten(1)
        seen = _seen(anchors, tokens.shape[1], size, size)
        for layer in self.blk:
            x = layer(x, fused, inside, seen)
        state = self.output_norm(x).unflatten(1, (anchors.shape[1], size))[:, :, self.shape.leads :]
        logits = F.linear(state, self.head)
        if self.shape.method == "dflash":
            return Drafted(self._likeliest(logits) if truth is None else truth, logits, None)
        if truth is None:
            return self._follow(state, logits, first)
        lean = self.markov_w1(torch.cat([first[..., None], truth[..., :-1]], -1))
        logits = logits + self.markov_w2(lean)
        return Drafted(truth, logits, self._confidence(state, lean))

    def _follow(self, state: Tensor, logits: Tensor, last: Tensor) -> Drafted:
        """Each token leans on the likeliest one before it."""
        steps = []
        for i in range(self.shape.draft):
            lean = self.markov_w1(last)
            row = logits[:, :, i] + self.markov_w2(lean)
            last = self._likeliest(row)
            steps.append((last, row, self._confidence(state[:, :, i], lean)))
        tokens, rows, confidence = (torch.stack(part, 2) for part in zip(*steps, strict=True))
        return Drafted(tokens, rows, confidence)

    def _confidence(self, state: Tensor, lean: Tensor) -> Tensor:
        return self.conf_proj(torch.cat([state, lean], -1))[..., 0].float()


class Eagle3Draft(Draft):
    """One causal layer whose entries pair the fused states of a token with the token behind it; from the
    anchor on it feeds its own state back (EAGLE-3's training-time test)."""

    def __init__(self, shape: DraftShape, weights: TargetWeights, vocabulary: Tensor) -> None:
        super().__init__(shape, weights, vocabulary)
        self.blk = nn.ModuleList([_EagleLayer(shape.layer)])

    def forward(
        self, tokens: Tensor, states: Tensor, anchors: Tensor, truth: Tensor | None = None
    ) -> Drafted:
        layer, count = self.blk[0], anchors.shape[1]
        fused = self._fuse(states)
        positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        _, *context = layer.project(self.embeddings[tokens.roll(-1, 1)], fused, positions)
        state = fused.gather(1, (anchors - 1)[..., None].expand(-1, -1, fused.shape[-1]))
        last = tokens.gather(1, anchors)
        own: list[list[Tensor]] = []
        steps = []
        for i in range(self.shape.draft):
            q, *entry = layer.project(self.embeddings[last], state, anchors - 1 + i)
            own.append(entry)
            k, v = (torch.cat([part, *rest], 2) for part, *rest in zip(context, *own, strict=True))
            seen = _seen(anchors - 1, tokens.shape[1], 1, 1).split([tokens.shape[1], count], -1)
            state = layer(state, q, k, v, torch.cat([seen[0], *[seen[1]] * len(own)], -1))
            row = F.linear(self.output_norm(state), self.head)
            last = self._likeliest(row) if truth is None else truth[:, :, i]
            steps.append((last, row))
        drafted, rows = (torch.stack(part, 2) for part in zip(*steps, strict=True))
        return Drafted(drafted, rows, None)


class _Layer(nn.Module):
    """Attention and a gated feed-forward part; queries, keys and values read `inputs` values."""

    def __init__(self, shape: LayerShape, inputs: int) -> None:
        super().__init__()
        self.attn_norm = Norm(shape.embedding, shape.epsilon)
        self.attn_q = _linear(inputs, shape.heads * shape.head)
        self.attn_k = _linear(inputs, shape.kv_heads * shape.head)
        self.attn_v = _linear(inputs, shape.kv_heads * shape.head)
        self.attn_output = _linear(shape.heads * shape.head, shape.embedding)
        self.ffn_norm = Norm(shape.embedding, shape.epsilon)
        self.ffn_gate = _linear(shape.embedding, shape.feed_forward)
        self.ffn_up = _linear(shape.embedding, shape.feed_forward)
        self.ffn_down = _linear(shape.feed_forward, shape.embedding)
        self._width = shape.head

    def _heads(self, x: Tensor) -> Tensor:
        """`[b, heads, n, width]`."""
        return x.unflatten(-1, (-1, self._width)).transpose(1, 2)

    def _attend(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
        q, k, v = (part.to(v.dtype) for part in (q, k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)
        x = x + self.attn_output(mixed.transpose(1, 2).flatten(2))
        normed = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(normed)) * self.ffn_up(normed))


class _BlockLayer(_Layer):
    def __init__(self, shape: LayerShape) -> None:
        super().__init__(shape, shape.embedding)
        self.attn_q_norm = Norm(shape.head, shape.epsilon)
        self.attn_k_norm = Norm(shape.head, shape.epsilon)

    def forward(self, x: Tensor, fused: Tensor, inside: Tensor, seen: Tensor) -> Tensor:
        """Keys and values are made of the target's states as they are, and of the block."""
        normed = self.attn_norm(x)
        rows = torch.cat([fused, normed], 1)
        before = torch.arange(fused.shape[1], device=x.device)[None].expand(len(x), -1)
        q = rope(self.attn_q_norm(self._heads(self.attn_q(normed))), inside, halves=True)
        k = self.attn_k_norm(self._heads(self.attn_k(rows)))
        k = rope(k, torch.cat([before, inside], 1), halves=True)
        return self._attend(x, q, k, self._heads(self.attn_v(rows)), seen)


class _EagleLayer(_Layer):
    def __init__(self, shape: LayerShape) -> None:
        super().__init__(shape, 2 * shape.embedding)
        self.attn_norm_2 = Norm(shape.embedding, shape.epsilon)

    def project(self, embedded: Tensor, state: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of entries that pair a token with a state."""
        both = torch.cat([self.attn_norm(embedded), self.attn_norm_2(state)], -1)
        q, k, v = (self._heads(part(both)) for part in (self.attn_q, self.attn_k, self.attn_v))
        return rope(q, positions, halves=False), rope(k, positions, halves=False), v

    def forward(self, state: Tensor, q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
        return self._attend(state, q, k, v, seen)


def make_draft(shape: DraftShape, weights: TargetWeights, vocabulary: Tensor) -> Draft:
    return (Eagle3Draft if shape.method == "eagle3" else BlockDraft)(shape, weights, vocabulary)


def rope(x: Tensor, positions: Tensor, *, halves: bool) -> Tensor:
    """Rotate `[b, heads, n, width]` at `positions` `[b, n]`; a pair is two neighbours, or with `halves` the
    values i and i + width / 2."""
    width = x.shape[-1]
    rates = ROPE_BASE ** (-torch.arange(0, width, 2, device=x.device) / width)
    angle = positions[:, None, :, None] * rates
    cos, sin, x = angle.cos(), angle.sin(), x.float()
    a, b = x.chunk(2, -1) if halves else (x[..., 0::2], x[..., 1::2])
    turned = (a * cos - b * sin, a * sin + b * cos)
    return torch.cat(turned, -1) if halves else torch.stack(turned, -1).flatten(-2)


def _seen(anchors: Tensor, context: int, queries: int, keys: int) -> Tensor:
    """`[b, 1, anchors * queries, context + anchors * keys]`: the positions before the anchor, and what
    belongs to the same anchor."""
    count, device = anchors.shape[1], anchors.device
    before = torch.arange(context, device=device) < anchors.repeat_interleave(queries, 1)[..., None]
    owner = torch.arange(count, device=device)
    same = owner.repeat_interleave(queries)[:, None] == owner.repeat_interleave(keys)
    return torch.cat([before, same.expand(len(anchors), -1, -1)], -1)[:, None]


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, std=inputs**-0.5)
    return layer
