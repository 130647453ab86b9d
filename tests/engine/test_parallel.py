"""Sequences evaluated side by side compute what each computes alone."""

from pathlib import Path

import numpy as np
import pytest

from assistant.engine.llama import Context, Hidden, HiddenStates, Model, ParallelContext
from assistant.engine.sampling import Logits
from assistant.errors import CoderError
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT

LAYERS = [1, 3]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model(tiny.target("llama").write(tmp_path / "target.gguf"))


def alone(model: Model, tokens: list[int]) -> tuple[Logits, Hidden]:
    """Logits of the last token and states of all."""
    with Context(model, EXACT) as context:
        states = HiddenStates(context, LAYERS)
        logits = context.evaluate(tokens)[-1].copy()
        seen = states.read(len(tokens))
        assert seen is not None
        return logits, seen


def test_each_sequence_gets_the_logits_and_states_that_it_gets_alone(model: Model) -> None:
    prompts = {0: [1, 40, 41, 42], 1: [1, 90], 2: [1, 70, 71]}
    with ParallelContext(model, EXACT, 3) as context:
        states = HiddenStates(context, LAYERS)
        for slot, tokens in prompts.items():
            context.prefill(slot, tokens)
        context.clear(1)  # another sequence takes the place of one that ended, in the middle
        prompts[1] = [1, 60, 61, 62, 63]
        assert context.prefill(1, prompts[1], last=False) is None
        added = {2: 100, 0: 101, 1: 102}
        logits = context.step(added).copy()
        seen = states.read(3)
        assert seen is not None
        for slot, tokens in prompts.items():
            expected, state = alone(model, [*tokens, added[slot]])
            np.testing.assert_allclose(logits[slot], expected, atol=1e-4)
            np.testing.assert_allclose(seen[slot], state[-1], atol=1e-4)
    model.close()


def test_a_full_sequence_is_refused(model: Model) -> None:
    with ParallelContext(model, EXACT, 2) as context:
        context.prefill(0, [1] * context.size)
        with pytest.raises(CoderError, match="512 tokens is full"):
            context.step({0: 5, 1: 5})
    model.close()
