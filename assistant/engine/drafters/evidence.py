"""Evidence of drafts that know how sure they are: their probability in twentieths."""

STEPS = 20
_MOST = 0.97


def evidence_of(probability: float) -> int:
    return min(int(probability * STEPS), STEPS)


def probability_of(evidence: int) -> float:
    """The middle of the step, for a prior. None is taken for certain."""
    return min((evidence + 0.5) / STEPS, _MOST)
