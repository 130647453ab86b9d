"""A small model of the target's family: in step without reading twice, coupled at any temperature."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.engine.drafters import NOTHING
from assistant.engine.drafters.load import DraftOptions, load_drafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.vocabulary import VocabularyMatch, compare_vocabularies
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Logits, Sampling
from assistant.engine.stats import Stats
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT, SMALL_BATCH, answer

TARGET = tiny.target("llama", mixing=0.5, chained=True)


def like_the_target(noise: float) -> tiny.Tiny:
    """A model of the same family: the target's weights, somewhat off."""
    random = np.random.default_rng(5)
    tensors = {
        name: (w * (1 + noise * random.standard_normal(w.shape))).astype(np.float32)
        for name, w in TARGET.tensors.items()
    }
    return tiny.Tiny("llama", dict(TARGET.keys), tensors, list(TARGET.tokens))


@contextmanager
def loaded(
    draft: tiny.Tiny,
    folder: Path,
    *,
    minimum_probability: float = 0.0,
    target: tiny.Tiny = TARGET,
    options: ContextOptions = EXACT,
) -> Iterator[tuple[Context, NetworkDrafter]]:
    path = target.write(folder / "target.gguf")
    with Model(path) as model, Context(model, options) as context:
        drafter = load_drafter(
            draft.write(folder / "draft.gguf"),
            model,
            context,
            DraftOptions(minimum_probability=minimum_probability),
        )
        try:
            yield context, drafter
        finally:
            drafter.close()


class Reads:
    """Counts the tokens that models other than `target` evaluate, pass by pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, target: Context) -> None:
        self.passes: list[int] = []
        evaluate = Context.evaluate

        def counted(context: Context, tokens: Sequence[int], **options: Any) -> Logits:
            if context is not target:
                self.passes.append(len(tokens))
            return evaluate(context, tokens, **options)

        monkeypatch.setattr(Context, "evaluate", counted)

    def take(self) -> list[int]:
        taken, self.passes = self.passes, []
        return taken


def test_each_step_reads_only_what_is_new_to_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded(like_the_target(0.0), tmp_path) as (context, drafter):
        prompt = context.model.tokenize("hello", add_bos=True)
        reads = Reads(monkeypatch, context)
        said = answer(context, prompt, drafter, longest=4, max_tokens=31)
        passes = reads.take()
        assert passes[0] == len(prompt) + 1
        # All four drafts are taken: unread are the last of them and the bonus token.
        assert passes[4::4] == [2] * len(passes[4::4])
        assert sum(passes) < len(prompt) + len(said), "nothing is read twice"
        new = context.model.tokenize("more", special=False)
        answer(context, [*prompt, *said, *new], drafter, longest=4, max_tokens=6)
        assert reads.take()[0] <= len(new) + 3, "a second turn reads its new tokens"


def test_a_long_prompt_is_read_a_batch_a_step_and_drafted_from_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded(like_the_target(0.0), tmp_path, options=SMALL_BATCH) as (context, drafter):
        history = [1, *([50, 60, 70, 80] * 110)]
        reads = Reads(monkeypatch, context)
        drafter.begin(history)
        proposals = [drafter.propose(4) for _ in range(5)]
        assert proposals[:3] == [NOTHING] * 3
        assert len(proposals[3].tokens) == 4
        assert reads.take()[:5] == [128, 128, 128, len(history) - 3 * 128 - 1, 1]
        assert proposals[4] == proposals[3]


def test_it_goes_on_behind_what_another_drafter_proposed(tmp_path: Path) -> None:
    with loaded(like_the_target(0.1), tmp_path) as (context, drafter):
        history = context.model.tokenize("hello", add_bos=True)
        drafter.begin([*history, 100, 101])
        expected = drafter.propose(4)
        drafter.begin(history)
        assert drafter.propose(4, after=[100, 101]) == expected
        assert drafter.propose(4) != expected
        drafter.extend([100, 101])
        assert drafter.propose(4) == expected


def test_a_guess_it_is_not_sure_of_ends_the_proposal(tmp_path: Path) -> None:
    with loaded(like_the_target(0.1), tmp_path) as (context, drafter):
        drafter.begin(context.model.tokenize("hello world", add_bos=True))
        freely = drafter.propose(8)
    least = sorted(freely.evidence)[2] / 20 + 0.05
    with loaded(like_the_target(0.1), tmp_path, minimum_probability=least) as (context, drafter):
        drafter.begin(context.model.tokenize("hello world", add_bos=True))
        proposal = drafter.propose(8)
    sure = next(i for i, evidence in enumerate(freely.evidence) if evidence / 20 < least)
    assert proposal.tokens == freely.tokens[:sure]


@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_acceptance_at_a_temperature_stays_near_that_of_greedy(noise: float, tmp_path: Path) -> None:
    with loaded(like_the_target(noise), tmp_path) as (context, drafter):
        rates = []
        for temperature in (0.0, 0.8):
            total = Stats()
            for seed in range(4):
                sampling = Sampling(temperature=temperature, seed=seed)
                prompt = context.model.tokenize("abcdefgh"[seed:], add_bos=True)
                context.truncate(0)
                plain = answer(context, prompt, sampling=sampling)
                context.truncate(0)
                drafter.sampling = sampling
                stats = Stats()
                assert plain == answer(context, prompt, drafter, longest=3, sampling=sampling, stats=stats)
                total.add(stats)
            rates.append(total.acceptance_rate)
        greedy, sampled = rates
        assert greedy == 1.0 if noise == 0.0 else 0.3 < greedy < 1.0
        assert sampled > greedy - 0.2


def padded(draft: tiny.Tiny, rows: int) -> tiny.Tiny:
    """The vocabulary filled up with tokens that stand for nothing, which the head never chooses."""
    draft.tokens += [f"[PAD{i}]" for i in range(rows)]
    for name in ("token_embd.weight", "output.weight"):
        draft.tensors[name] = np.pad(draft.tensors[name], ((0, rows), (0, 0)))
    return draft


def test_differences_that_do_no_harm_are_listed(tmp_path: Path) -> None:
    longer = padded(like_the_target(0.0), 5).write(tmp_path / "longer.gguf")
    with Model(longer) as draft, Model(TARGET.write(tmp_path / "target.gguf")) as target:
        match = compare_vocabularies(draft, target)
        assert (match.difference, compare_vocabularies(target, target)) == ("", VocabularyMatch())
        assert [told.partition(" rows")[0] for told in match.tolerated] == [str(draft.n_vocab)]


def spelled(draft: tiny.Tiny, at: int, token: str) -> tiny.Tiny:
    draft.tokens[at] = token
    return draft


@pytest.mark.parametrize(
    ("draft", "difference"),
    [
        (padded(like_the_target(0.0), 3000), "3285 tokens against 285"),
        (spelled(like_the_target(0.0), -1, "other"), "token 284 is 'other' against 'z'"),
    ],
)
def test_ids_that_mean_something_else_are_told(draft: tiny.Tiny, difference: str, tmp_path: Path) -> None:
    with (
        Model(draft.write(tmp_path / "draft.gguf")) as other,
        Model(TARGET.write(tmp_path / "target.gguf")) as target,
    ):
        assert compare_vocabularies(other, target) == VocabularyMatch(difference)


@pytest.mark.parametrize("rows", [5, 100])
def test_rows_that_pad_a_vocabulary_may_differ(rows: int, tmp_path: Path) -> None:
    longer = padded(like_the_target(0.0), rows)
    for draft, target in ((longer, TARGET), (like_the_target(0.0), longer)):
        with loaded(draft, tmp_path, target=target) as (context, drafter):
            prompt, stats = context.model.tokenize("hello", add_bos=True), Stats()
            answer(context, prompt, drafter, stats=stats)
            assert stats.acceptance_rate == 1.0
