"""How much of what a draft guesses a greedy target accepts, and how well it knows that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812

from assistant.train.drafts import BlockDraft, Draft
from assistant.train.feed import Feed
from assistant.train.recording import Answer

_BINS = 10


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`mean_accepted_length` (tau) of walking through the answers with this draft alone, all and
    `by_source`. `by_position[i]` is how often token i was accepted where all before it were."""

    mean_accepted_length: float
    by_position: tuple[float, ...]
    by_source: dict[str, float]
    answers: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Of every anchor of an answer: how many drafted tokens are accepted `[n]`, how many could be `[n]`,
    and the logits of the draft's confidence `[n, draft]`."""

    answer: Answer
    accepted: npt.NDArray[np.int64]
    possible: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32] | None


def walk(draft: Draft, feed: Feed, answers: Sequence[Answer]) -> Iterator[Walk]:
    """Draft behind every token of `answers`, each drafted token after the draft's own ones."""
    draft.eval()
    for answer in answers:
        accepted, possible, confidence = [], [], []
        for batch in feed.whole(answer):
            with torch.no_grad():
                drafted = draft(batch.tokens, batch.states, batch.anchors)
            right = (drafted.tokens == batch.truth) & batch.labels.counts
            accepted.append(right.cumprod(-1).sum(-1)[0].cpu().numpy())
            possible.append(batch.labels.counts.sum(-1)[0].cpu().numpy())
            if drafted.confidence is not None:
                confidence.append(drafted.confidence[0].cpu().numpy())
        logits = np.concatenate(confidence) if confidence else None
        yield Walk(answer, np.concatenate(accepted), np.concatenate(possible), logits)


def summary(walks: Sequence[Walk], length: int) -> Acceptance:
    """`length` is how many tokens are drafted at a time."""
    by_position = []
    for i in range(length):
        tried = sum(int(((w.accepted >= i) & (w.possible > i)).sum()) for w in walks)
        right = sum(int((w.accepted > i).sum()) for w in walks)
        by_position.append(right / tried if tried else 0.0)
    sources = sorted({w.answer.source for w in walks})
    return Acceptance(
        _tau(walks),
        tuple(by_position),
        {source: _tau([w for w in walks if w.answer.source == source]) for source in sources},
        len(walks),
    )


def _tau(walks: Sequence[Walk]) -> float:
    """Tokens for each pass of the target, each pass beginning where the one before it ended."""
    tokens = passes = 0
    for one in walks:
        at = 0
        while at < len(one.accepted):
            at += int(one.accepted[at]) + 1
            passes += 1
        tokens += len(one.accepted)
    return tokens / passes if passes else 0.0


def calibrate(draft: Draft, walks: Sequence[Walk]) -> float | None:
    """Scale and shift the confidence head so that it gives the rate of acceptance, fitted on every other
    answer; the expected calibration error on the rest. None for a draft without one, or too few answers."""
    if not isinstance(draft, BlockDraft) or draft.shape.method != "dspark" or len(walks) < 2:
        return None
    logits, right = _outcomes(walks[::2])
    scale = torch.ones(1, requires_grad=True)
    shift = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([scale, shift], max_iter=50, line_search_fn="strong_wolfe")

    def error() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(logits * scale + shift, right)
        wrong.backward()
        return wrong

    optimiser.step(error)
    with torch.no_grad():
        draft.conf_proj.weight.mul_(scale.to(draft.conf_proj.weight.device))
        draft.conf_proj.bias.mul_(scale).add_(shift)
        logits, right = _outcomes(walks[1::2])
        return calibration_error((logits * scale + shift).sigmoid().numpy(), right.numpy())


def calibration_error(confidence: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> float:
    """Expected calibration error (Guo et al. 2017) over ten equal bins of confidence."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[bins == b].sum() - right[bins == b].sum()) for b in range(_BINS)]
    return float(sum(gaps) / max(len(right), 1))


def _outcomes(walks: Sequence[Walk]) -> tuple[torch.Tensor, torch.Tensor]:
    """Confidence logits of the tokens that come to be judged, and 1 for each that was accepted."""
    logits, right = [], []
    for one in walks:
        assert one.confidence is not None
        places = np.arange(one.confidence.shape[1])
        judged = (places <= one.accepted[:, None]) & (places < one.possible[:, None])
        logits.append(one.confidence[judged])
        right.append((places < one.accepted[:, None])[judged])
    both = np.concatenate(logits), np.concatenate(right).astype(np.float32)
    return torch.from_numpy(both[0]), torch.from_numpy(both[1])
