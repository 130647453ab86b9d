"""The loss against NumPy, with distributions written out in full."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is in the extra [train], not in [dev]")

from assistant.train.drafts import Drafted  # noqa: E402
from assistant.train.loss import Labels, draft_loss  # noqa: E402

N, K, V = 3, 4, 9


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


@pytest.mark.parametrize("confident", [True, False])
def test_distance_entropy_and_confidence_are_what_the_paper_says(confident: bool) -> None:
    random = np.random.default_rng(0)
    logits = random.standard_normal((1, N, K, V)) * 2
    p, q = softmax(random.standard_normal((1, N, K, V)) * 2), softmax(logits)
    text = random.integers(0, V, (1, N, K))
    confidence = random.standard_normal((1, N, K))
    counts = np.ones((1, N, K), bool)
    counts[0, 2, 1:] = False
    text[0, 0, 0] = -1  # not in the draft's vocabulary: no cross-entropy
    weight = np.exp(-np.arange(K) / 4) * counts
    acceptance = 1 - np.abs(p - q).sum(-1) / 2
    known = weight * (text >= 0)
    entropy = -np.log(np.take_along_axis(q, text.clip(0)[..., None], -1)[..., 0])
    expected = 0.9 * (np.abs(p - q).sum(-1) * weight).sum() / weight.sum()
    expected += 0.1 * (entropy * known).sum() / known.sum()
    if confident:
        sure = 1 / (1 + np.exp(-confidence))
        wrong = -acceptance * np.log(sure) - (1 - acceptance) * np.log(1 - sure)
        expected += (wrong * weight).sum() / weight.sum()
    labels = Labels(
        torch.from_numpy(text),
        torch.arange(V).expand(1, N, K, V),
        torch.from_numpy(p).float(),
        torch.from_numpy(counts),
    )
    sure_of = torch.from_numpy(confidence).float() if confident else None
    drafted = Drafted(torch.zeros(1, N, K), torch.from_numpy(logits).float(), sure_of)
    loss, accepted = draft_loss(drafted, labels)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(accepted.numpy(), acceptance, rtol=1e-4, atol=1e-6)


def test_tokens_that_the_draft_lacks_are_never_accepted() -> None:
    logits = torch.zeros(1, 1, 1, 2)
    labels = Labels(
        torch.tensor([[[0]]]),
        torch.tensor([[[[0, -1]]]]),
        torch.tensor([[[[0.3, 0.7]]]]),
        torch.ones(1, 1, 1, dtype=torch.bool),
    )
    _, accepted = draft_loss(Drafted(torch.zeros(1, 1, 1), logits, None), labels)
    assert float(accepted) == pytest.approx(0.3)
