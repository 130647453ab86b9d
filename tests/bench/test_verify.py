"""What `verify_exactness` says of engines that are exact, that round, and that are wrong."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.verify import Case, Exactness, verify_exactness
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Logits, Sampling, sample
from assistant.engine.verify import verify
from tests.engine.test_generate import EAGER, EXACT, OddDrafter
from tests.engine.tiny_gguf import write_tiny

ROUNDING = 0.02


class RoundingContext(Context):
    """Computes the logits of several tokens by another kernel than those of one: they differ a little."""

    def evaluate(self, tokens: Sequence[int], *, all_logits: bool = True) -> Logits:
        logits = super().evaluate(tokens, all_logits=all_logits)
        if len(tokens) == 1 or not all_logits:
            return logits
        noise = np.random.default_rng(len(self.tokens)).uniform(-ROUNDING, ROUNDING, logits.shape)
        return logits + noise.astype(np.float32)


def case(context: Context, text: str) -> Case:
    return Case(text[:9], context.model.tokenize(text, add_bos=True), lambda: [LookupDrafter()])


def odd_cases(count: int) -> list[Case]:
    """Prompts for a tiny model, with drafts that are never right but always tried."""
    return [
        Case(str(i), [1, 5 + i, *range(9, 20)], lambda: [OddDrafter([[7, 7, 7]] * 99)]) for i in range(count)
    ]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with Model(write_tiny(tmp_path_factory.mktemp("tiny") / "m.gguf")) as model:
        yield model


def consistent(result: Exactness) -> bool:
    """Every divergence is one: another token, which the plain run liked less."""
    return all(d.plain != d.speculative and d.margin >= 0 for d in result.divergences)


def test_the_reference_profile_is_identical(smollm2: Model) -> None:
    with Context(smollm2, EXACT) as context:
        result = verify_exactness(context, [case(context, "one, two, one, two")], EAGER, max_tokens=32)
    assert result.exact and result.identical and result.explained
    assert 0 < result.noise < 1e-3
    assert [(c.tokens, c.drafted > 0) for c in result.comparisons] == [(32, True)]


def test_the_shipped_file_differs_by_rounding_only(smollm2_path: Path) -> None:
    """Whether quantised kernels round differently for several tokens depends on the processor."""
    options = ContextOptions(n_ctx=512, threads=1)
    with Model(smollm2_path) as model, Context(model, options) as context:
        asked = [case(context, "Once upon a time, a time, a")]
        result = verify_exactness(context, asked, EAGER, max_tokens=32, temperature=1.0, seed=3)
    assert not result.exact
    assert result.explained and consistent(result)
    assert result.identical or result.noise > 0


def test_a_divergence_is_reported_beside_the_noise_that_explains_it(tiny: Model) -> None:
    with RoundingContext(tiny, EXACT) as context:
        result = verify_exactness(context, odd_cases(12), EAGER, max_tokens=60, temperature=1.0)
    assert not result.identical
    assert result.explained and consistent(result)
    assert 0.9 * ROUNDING < result.noise < 1.1 * ROUNDING
    (worst,) = sorted(result.divergences, key=lambda divergence: divergence.margin)[-1:]
    assert worst.margin <= 2 * ROUNDING
    as_json = json.loads(json.dumps(result.as_dict()))
    told = [one["divergence"] for one in as_json["cases"] if not one["identical"]]
    assert {"position", "plain", "speculative", "margin"} == set(told[0])
    assert told[0]["plain"]["text"] == tiny.token_text(told[0]["plain"]["token"])


def test_the_margin_is_that_of_the_plain_run(tiny: Model) -> None:
    """Computed here from the logits behind the common part, one by one."""
    sampling = Sampling(temperature=1.0)
    with RoundingContext(tiny, EXACT) as context:
        cases = odd_cases(12)
        result = verify_exactness(context, cases, EAGER, max_tokens=60, temperature=1.0)
        at, divergence = next(
            (i, c.divergence) for i, c in enumerate(result.comparisons) if c.divergence is not None
        )
        history = list(cases[at].prompt)
        context.truncate(0)
        row = context.evaluate(history, all_logits=False)[-1].copy()
        for _ in range(divergence.position):
            history.append(sample(row, sampling, history, len(history)))
            row = context.evaluate(history[-1:])[-1].copy()
        assert sample(row, sampling, history, len(history)) == divergence.plain
        # Raised by a little more than the margin, the other token would have won; by less, not.
        for part, winner in ((1.01, divergence.speculative), (0.99, divergence.plain)):
            raised = row.copy()
            raised[divergence.speculative] += part * divergence.margin
            assert sample(raised, sampling, history, len(history)) == winner


def test_a_wrong_verification_is_not_explained(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def believes_drafts(logits: Logits, draft: Sequence[int], *rest: object) -> list[int]:
        return [*draft, 7] if draft else verify(logits, draft, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("assistant.engine.generate.verify", believes_drafts)
    with Context(tiny, EXACT) as context:
        result = verify_exactness(context, odd_cases(2), EAGER, max_tokens=20)
    assert not result.identical and not result.explained
    assert [divergence.position for divergence in result.divergences] == [1, 1]
    assert result.noise < 1e-3 < min(divergence.margin for divergence in result.divergences)


def test_the_noise_is_known_however_short_the_answer(tiny: Model) -> None:
    with RoundingContext(tiny, EXACT) as context:
        result = verify_exactness(context, odd_cases(1), EAGER, max_tokens=1)
    assert result.comparisons[0].tokens == 1
    assert 0.9 * ROUNDING < result.noise < 1.1 * ROUNDING


def test_an_answer_that_ends_earlier_diverges_at_its_end(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(logits: Logits, draft: Sequence[int], *rest: object) -> list[int]:
        return [tiny.eos] if draft else verify(logits, draft, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("assistant.engine.generate.verify", ends)
    with Context(tiny, EXACT) as context:
        (divergence,) = verify_exactness(context, odd_cases(1), EAGER, max_tokens=20).divergences
    assert (divergence.position, divergence.speculative) == (1, tiny.eos)
    assert divergence.speculative_text == "</s>"


def test_a_recurrent_memory_is_identical_without_drafts(tmp_path: Path) -> None:
    with Model(write_tiny(tmp_path / "m.gguf", "mamba")) as model, Context(model, EXACT) as context:
        result = verify_exactness(context, odd_cases(2), EAGER, max_tokens=20)
    assert result.identical and result.noise == 0.0
    assert all(c.drafted == 0 for c in result.comparisons)
