"""Logits to the next token: the target distribution, sampled so that drafting cannot change it.

Gumbel-max: the sample is argmax(logits / temperature + noise), and the noise of a token at a
position depends on (seed, position, token) alone. Whether a position was reached by drafting or
token by token, it sees the same logits and the same noise, hence gives the same token
(Daliri, Musco, Suresh 2024, "Coupling without communication and drafter-invariant speculative decoding").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose a token. Temperature 0 is greedy. Filters apply in llama.cpp's order:
    repeat penalty, top-k, top-p, min-p, then temperature. Neutral values are the defaults."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    seed: int = 0


def sample(logits: Logits, settings: Sampling, history: Sequence[int], position: int) -> int:
    """The token at `position` given its `logits` `[n_vocab] float32` and the token ids before it."""
    tokens, scores = _scores(logits, settings, history, position)
    best = int(scores.argmax())
    return best if tokens is None else int(tokens[best])


def sample_surely(
    logits: Logits, settings: Sampling, history: Sequence[int], position: int
) -> tuple[int, float]:
    """What `sample` gives, and how surely it won: its softmax share (0..1) among the scores, noise
    included. A draft whose logits are near the target's agrees with it the likelier the higher that is."""
    tokens, scores = _scores(logits, settings, history, position)
    best = int(scores.argmax())
    share = float(1.0 / np.exp(scores - scores[best]).sum())
    return best if tokens is None else int(tokens[best]), share


def _scores(
    logits: Logits, settings: Sampling, history: Sequence[int], position: int
) -> tuple[npt.NDArray[np.int64] | None, npt.NDArray[np.floating]]:
    """The candidates (None: every token) and what the greatest of wins: logit / temperature + noise."""
    if settings.repeat_penalty != 1.0:
        logits = _penalised(logits, settings, history)
    if settings.temperature <= 0.0:
        return None, logits
    tokens, kept = _candidates(logits, settings)
    return tokens, kept / settings.temperature + gumbel(settings.seed, position, tokens)


def gumbel(seed: int, position: int, tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Standard Gumbel noise `[len(tokens)]`, a pure function of (seed, position, token).

    A counter-based hash (SplitMix64's finaliser) rather than a generator: only the tokens that
    survived the filters are drawn, in any order."""
    key = _mix(np.array([(seed * 0x9E3779B97F4A7C15 + position) & _MASK], dtype=np.uint64))
    bits = _mix(key ^ (tokens.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03)))
    uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    noise: npt.NDArray[np.float64] = -np.log(-np.log(uniform))
    return noise


_MASK = 0xFFFFFFFFFFFFFFFF


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _penalised(logits: Logits, settings: Sampling, history: Sequence[int]) -> Logits:
    seen = np.unique(np.asarray(history[-settings.repeat_last_n :], dtype=np.int64))
    if not len(seen):
        return logits
    changed = logits.copy()
    values = changed[seen]
    penalty = np.float32(settings.repeat_penalty)
    changed[seen] = np.where(values > 0, values / penalty, values * penalty)
    return changed


def _candidates(logits: Logits, settings: Sampling) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Tokens that survive the filters, and their logits."""
    if 0 < settings.top_k < len(logits):
        tokens = np.argpartition(logits, -settings.top_k)[-settings.top_k :].astype(np.int64)
    else:
        tokens = np.arange(len(logits), dtype=np.int64)
    kept = logits[tokens].astype(np.float64)
    if settings.top_p < 1.0:
        order = np.argsort(-kept, kind="stable")
        tokens, kept = tokens[order], kept[order]
        probability = np.exp(kept - kept[0])
        cumulative = np.cumsum(probability / probability.sum())
        within = int(np.searchsorted(cumulative, settings.top_p)) + 1
        tokens, kept = tokens[:within], kept[:within]
    if settings.min_p > 0.0:
        strong = kept >= kept.max() + np.log(settings.min_p)
        tokens, kept = tokens[strong], kept[strong]
    return tokens, kept
