"""What a draft is trained by (DSpark, arXiv 2607.05147): mostly the total variation distance to the target's
distribution, which is the share of drafts that sampling rejects, a little cross-entropy with the text, and
for the confidence head the acceptance that the draft has."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from assistant.train.drafts import Drafted

CROSS_ENTROPY, DISTANCE, CONFIDENCE = 0.1, 0.9, 1.0
GAMMA = 4.0


@dataclass(frozen=True, slots=True)
class Labels:
    """Of each drafted token `[b, anchors, draft]`: the row of the draft's vocabulary that the text has (-1
    where it lacks the token), and the rows and probabilities `[..., 16]` of the target's likeliest tokens.
    `counts` is false behind the end of the text."""

    rows: Tensor
    top_rows: Tensor
    top_shares: Tensor
    counts: Tensor


def draft_loss(drafted: Drafted, labels: Labels) -> tuple[Tensor, Tensor]:
    """The loss, and the probability `[b, anchors, draft]` that sampling accepts each drafted token.

    With p the target's and q the draft's distribution that is the sum of min(p, q), taken over p's likeliest
    tokens; the distance |p - q| is 2 (1 - sum). Later tokens, which count only if all before them were
    accepted, weigh exp(-i / gamma)."""
    logits = drafted.logits.float()
    scale = logits.logsumexp(-1)
    shares = (logits.gather(-1, labels.top_rows.clamp(min=0)) - scale[..., None]).exp()
    common = torch.minimum(shares, labels.top_shares) * (labels.top_rows >= 0)
    acceptance = common.sum(-1)
    length = logits.shape[-2]
    weight = torch.exp(-torch.arange(length, device=logits.device) / GAMMA) * labels.counts
    entropy = scale - logits.gather(-1, labels.rows.clamp(min=0)[..., None])[..., 0]
    known = weight * (labels.rows >= 0)
    loss = DISTANCE * _mean(2 * (1 - acceptance), weight) + CROSS_ENTROPY * _mean(entropy, known)
    if drafted.confidence is not None:
        wrong = F.binary_cross_entropy_with_logits(
            drafted.confidence, acceptance.detach().clamp(0, 1), reduction="none"
        )
        loss = loss + CONFIDENCE * _mean(wrong, weight)
    return loss, acceptance.detach()


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)
