"""Made-up texts for the simulator: what drafters propose in edits, in chat, and DSpark's blocks.

Each token of a text has one luck, shared by all proposals that reach it: a hard token is hard from
wherever it is drafted. Lookup and edit drafts run until a break; a block's tokens are right with the
chances that were published for their positions.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assistant.engine.simulation.trace import Trace

Random = np.random.Generator
Floats = npt.NDArray[np.float64]

# Chance that the token at each block position is right when those before it are: DSpark with a
# Qwen3-4B target, read off the vector graphic of Figure 2 of arXiv 2607.05147 (the file
# DSpark_paper.pdf of github.com/deepseek-ai/DeepSpec). One plus their running products summed gives
# 5.57, 5.11 and 3.50 tokens a step; Table 1 has 5.57, 5.12 and 3.49 as the means of these domains.
DSPARK_MATH = (0.905, 0.890, 0.888, 0.885, 0.887, 0.891, 0.882)
DSPARK_CODE = (0.886, 0.872, 0.860, 0.861, 0.858, 0.859, 0.851)
DSPARK_CHAT = (0.735, 0.738, 0.740, 0.744, 0.758, 0.766, 0.761)


def runs(
    random: Random,
    length: int,
    *,
    run: float,
    break_tokens: float,
    found: float = 1.0,
    drafter: str = "edit",
    most_evidence: int = 24,
    longest: int = 48,
) -> Trace:
    """A drafter that follows a source: right for `run` tokens on average, then wrong for
    `break_tokens`, where it proposes something with the chance `found`. Evidence is the number of
    tokens that it had right in a row."""
    leave, resume = 1 / run, 1 / break_tokens
    follows = bool(random.random() < run / (run + break_tokens))
    hits, chances = [], []
    for luck in random.random(length + longest):
        chance = 1 - leave if follows else resume
        follows = bool(luck < chance)
        hits.append(follows)
        chances.append(chance)
    offers = random.random(length) < found
    matched, evidence, chance_at, right = 0, [], [], []
    for place in range(length):
        until = next((i for i in range(place, len(hits)) if not hits[i]), len(hits))
        offered = matched > 0 or bool(offers[place])
        shown = longest if offered else 0
        evidence.append(tuple(min(matched + i, most_evidence) for i in range(shown)))
        # Behind its first token the proposal is known to be on the source.
        chance_at.append((chances[place], *([1 - leave] * (longest - 1)))[:shown])
        right.append(min(until - place, shown))
        matched = matched + 1 if hits[place] else 0
    return Trace(drafter, evidence, right, chance_at, prior=_prior_of_run)


def blocks(
    random: Random,
    length: int,
    chances: Sequence[float],
    *,
    drafter: str = "dspark",
    spread: float = 1.5,
    bias: float = 0.5,
    noise: float = 0.5,
    least_evidence: int = 0,
    seconds_per_proposal: float = 0.0,
    seconds_per_token: float = 0.0,
) -> Trace:
    """A drafter that proposes `len(chances)` tokens with confidences. `spread` is how unequal tokens
    are, and `bias` and `noise` how far the confidence is off, all in log-odds: with the defaults its
    area under the curve is about 0.82 and it is overconfident by 5 to 8 %, as the paper's Figure 6 has it."""
    block = len(chances)
    hardness = random.standard_normal(length + block) * spread
    luck = random.random(length + block)
    error = random.standard_normal((length, block)) * noise + bias
    centre = np.array([_centre(chance, spread) for chance in chances])
    log_odds = centre + np.lib.stride_tricks.sliding_window_view(hardness, block)[:length]
    chance = _sigmoid(log_odds)
    evidence = (20 * _sigmoid(log_odds + error)).astype(int)
    hits = np.lib.stride_tricks.sliding_window_view(luck, block)[:length] < chance
    shown = _leading(evidence >= least_evidence)
    right = np.minimum(_leading(hits), shown)
    return Trace(
        drafter,
        [row[:n] for row, n in zip(evidence.tolist(), shown, strict=True)],
        right.tolist(),
        [row[:n] for row, n in zip(chance.tolist(), shown, strict=True)],
        prior=lambda evidence: min(0.95, (evidence + 0.5) / 20),
        seconds_per_proposal=seconds_per_proposal,
        seconds_per_token=seconds_per_token,
        continues=False,
    )


def _prior_of_run(evidence: int) -> float:
    return 0.99 * (evidence + 1) / (evidence + 1.8) if evidence else 0.3


def _leading(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many flags of each row are set before the first that is not."""
    return np.asarray(np.where(flags.all(axis=1), flags.shape[1], flags.argmin(axis=1)))


def _centre(chance: float, spread: float) -> float:
    """The log-odds around which normal ones with this spread have the mean chance `chance`."""
    grid = np.linspace(-4, 4, 81)
    weight = np.exp(-(grid**2) / 2) / np.exp(-(grid**2) / 2).sum()
    low, high = -12.0, 12.0
    for _ in range(50):
        middle = (low + high) / 2
        if float((weight * _sigmoid(middle + spread * grid)).sum()) < chance:
            low = middle
        else:
            high = middle
    return low


def _sigmoid(log_odds: Floats | float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.asarray(log_odds))))
