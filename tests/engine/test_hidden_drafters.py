"""DSpark, DFlash, EAGLE-3 and MTP: each proposal is what NumPy reads from the same weights, and the
answer is the target's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.engine.drafters import Proposal
from assistant.engine.drafters.evidence import evidence_of
from assistant.engine.drafters.load import DraftOptions, load_drafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.llama import Context, DraftContext, Model
from assistant.engine.sampling import Sampling
from assistant.engine.stats import Stats
from assistant.errors import CoderError
from tests.engine import numpy_reading as numpy
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT, Watched, answer

COUNT = 6
# Below this lead of the best logit over the second, rounding may choose the other.
TIE = 1e-3
TEXT = "hello world, this is a prompt"


@dataclass(frozen=True)
class Pair:
    """A target, its draft (None: its own layers), and what NumPy reads behind some tokens when the
    draft has seen the target's states from a position on."""

    target: tiny.Tiny
    draft: tiny.Tiny | None
    read: Callable[[list[int], int], list[numpy.Guess]]


def block_pair(target: tiny.Tiny, draft: tiny.Tiny) -> Pair:
    return Pair(target, draft, lambda tokens, first: numpy.read_block(draft, target, tokens, first))


def eagle3_pair(target: tiny.Tiny, draft: tiny.Tiny) -> Pair:
    return Pair(target, draft, lambda tokens, first: numpy.read_eagle3(draft, target, tokens, COUNT, first))


def mtp_pair(target: tiny.Tiny) -> Pair:
    return Pair(target, None, lambda tokens, first: numpy.read_mtp(target, tokens, COUNT, first))


def random_pair(kind: str) -> Pair:
    llama, qwen3 = tiny.target("llama"), tiny.target("qwen3")
    match kind:
        case "dspark":
            return block_pair(llama, tiny.dspark(llama, layers=[0, 2, 3]))
        case "dspark-qwen3-without-confidence":
            return block_pair(qwen3, tiny.dspark(qwen3, layers=[1, 3], confidence=False))
        case "dspark-reduced-bonus-anchor":
            return block_pair(qwen3, tiny.dspark(qwen3, layers=[3, 1], reduced=120, from_anchor=False))
        case "dflash":
            return block_pair(llama, tiny.dspark(llama, layers=[1, 2, 3], markov=False))
        case "eagle3":
            return eagle3_pair(llama, tiny.eagle3(llama, layers=[0, 1, 3]))
        case "eagle3-qwen3-reduced":
            return eagle3_pair(qwen3, tiny.eagle3(qwen3, layers=[1, 2, 3], reduced=120))
        case "mtp":
            return mtp_pair(tiny.deepseek())
        case _:
            whole = tiny.deepseek()
            return replace(mtp_pair(whole), draft=tiny.cut_out(whole))


def agreeing_pair(kind: str, mixing: float) -> Pair:
    llama = tiny.target("llama", mixing=mixing, chained=True)
    match kind:
        case "dspark":
            return block_pair(llama, tiny.dspark(llama, layers=[0, 2], agreeing=True))
        case "eagle3":
            return eagle3_pair(llama, tiny.eagle3(llama, layers=[0, 1, 2], agreeing=True))
        case _:
            return mtp_pair(tiny.deepseek(mixing=mixing, chained=True, agreeing=True))


RANDOM = [
    "dspark",
    "dspark-qwen3-without-confidence",
    "dspark-reduced-bonus-anchor",
    "dflash",
    "eagle3",
    "eagle3-qwen3-reduced",
    "mtp",
    "mtp-of-its-own-file",
]
AGREEING = ["dspark", "eagle3", "mtp"]


@contextmanager
def loaded(pair: Pair, folder: Path) -> Iterator[tuple[Context, Callable[[], NetworkDrafter]]]:
    """The target's context, and its drafter when it is asked for."""
    path = pair.target.write(folder / "target.gguf")
    draft = pair.draft.write(folder / "draft.gguf") if pair.draft else path
    drafters: list[NetworkDrafter] = []
    with Model(path, mtp=True) as model, Context(model, EXACT) as context:

        def load() -> NetworkDrafter:
            options = DraftOptions(minimum_probability=0.0)
            drafters.append(load_drafter(draft, model, context, options))
            return drafters[-1]

        try:
            yield context, load
        finally:
            for drafter in drafters:
                drafter.close()


class Comparison:
    """Holds proposals against NumPy's reading, up to a tie. `compared` counts tokens."""

    def __init__(self, pair: Pair, first: int = 0, proposals: int = 1000) -> None:
        self._pair = pair
        self._first = first
        self._left = proposals
        self.compared = 0

    def __call__(self, history: list[int], proposal: Proposal) -> None:
        if not proposal.tokens or not self._left:
            return
        self._left -= 1
        for i, guess in enumerate(self._pair.read(history, self._first)[: len(proposal.tokens)]):
            if guess.lead < TIE:
                return
            assert proposal.tokens[i] == guess.token
            assert abs(proposal.evidence[i] - evidence_of(guess.probability)) <= 1
            self.compared += 1


@pytest.mark.parametrize("kind", RANDOM)
def test_proposals_are_what_numpy_reads_from_the_same_weights(kind: str, tmp_path: Path) -> None:
    pair = random_pair(kind)
    with loaded(pair, tmp_path) as (context, load):
        prompt = context.model.tokenize(TEXT, add_bos=True)
        plain = answer(context, prompt, max_tokens=16)
        context.truncate(0)
        comparison = Comparison(pair)
        assert answer(context, prompt, Watched(load(), comparison), longest=COUNT, max_tokens=16) == plain
        assert comparison.compared > 30


@pytest.mark.parametrize("kind", AGREEING)
def test_partly_accepted_drafts_and_a_second_turn_leave_the_draft_in_step(kind: str, tmp_path: Path) -> None:
    pair = agreeing_pair(kind, mixing=0.6)
    with loaded(pair, tmp_path) as (context, load):
        first = context.model.tokenize(TEXT, add_bos=True)
        comparison, stats = Comparison(pair), Stats()
        drafter = Watched(load(), comparison)
        said = answer(context, first, drafter, max_tokens=20, stats=stats)
        assert 0 < stats.accepted < stats.drafted, "some drafts must be taken in part"
        second = [*first, *said, *context.model.tokenize("and then?", special=False)]
        compared = comparison.compared
        again = answer(context, second, drafter, max_tokens=20, stats=(stats := Stats()))
        assert stats.reused_tokens >= len(first) + len(said) - 1
        assert comparison.compared > compared > 0
        context.truncate(0)
        assert answer(context, first, max_tokens=20) == said
        assert answer(context, second, max_tokens=20) == again


@pytest.mark.parametrize("kind", AGREEING)
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.8, seed=3)])
def test_a_draft_that_knows_the_target_is_accepted_at_any_temperature(
    kind: str, sampling: Sampling, tmp_path: Path
) -> None:
    with loaded(agreeing_pair(kind, mixing=0.0), tmp_path) as (context, load):
        prompt = context.model.tokenize(TEXT, add_bos=True)
        plain = answer(context, prompt, sampling=sampling)
        context.truncate(0)
        drafter, stats = load(), Stats()
        drafter.sampling = sampling
        assert answer(context, prompt, drafter, sampling=sampling, stats=stats) == plain
        # DSpark's Markov head follows the likeliest token, not the one that sampling takes.
        assert stats.acceptance_rate > (0.7 if kind == "dspark" and sampling.temperature else 0.9)
        assert stats.mean_accepted_length > 4


@pytest.mark.parametrize("kind", ["dspark", "eagle3", "mtp"])
def test_a_prompt_longer_than_a_batch_is_taken_in_piece_by_piece(kind: str, tmp_path: Path) -> None:
    pair = random_pair(kind)
    with loaded(pair, tmp_path) as (context, load):
        prompt = context.model.tokenize(TEXT * 9, add_bos=True)
        assert len(prompt) > 260
        comparison = Comparison(pair, proposals=1)
        answer(context, prompt, Watched(load(), comparison), longest=COUNT, max_tokens=COUNT + 2)
        assert comparison.compared >= 4


@pytest.mark.parametrize("kind", RANDOM)
def test_a_draft_loaded_late_sees_what_follows_and_nothing_else(kind: str, tmp_path: Path) -> None:
    pair = random_pair(kind)
    with loaded(pair, tmp_path) as (context, load):
        prompt = context.model.tokenize(TEXT, add_bos=True)
        said = answer(context, prompt, max_tokens=12)
        seen_from = len(context.tokens)
        comparison = Comparison(pair, first=seen_from)
        drafter = Watched(load(), comparison)
        question = [*prompt, *said, *context.model.tokenize("so?", special=False)]
        again = answer(context, question, drafter, longest=COUNT, max_tokens=8)
        assert comparison.compared > 10
        context.truncate(0)
        assert answer(context, question, max_tokens=8) == again


@pytest.mark.parametrize("kind", AGREEING)
@pytest.mark.parametrize("other", ["", "something else altogether"])
def test_tokens_evaluated_behind_its_back_are_not_guessed_about(
    kind: str, other: str, tmp_path: Path
) -> None:
    pair = agreeing_pair(kind, mixing=0.3)
    with loaded(pair, tmp_path) as (context, load):
        model = context.model
        first = model.tokenize(TEXT, add_bos=True)
        drafter = load()
        said = [*first, *answer(context, first, drafter, max_tokens=8)]
        said = model.tokenize(other, add_bos=True) if other else said
        said += answer(context, said, max_tokens=8)  # plain: the draft sees none of it
        seen_from = len(context.tokens)
        said += model.tokenize("and", special=False)
        comparison = Comparison(pair, first=seen_from)
        answer(context, said, Watched(drafter, comparison), longest=COUNT, max_tokens=8)
        assert comparison.compared > 4


@pytest.mark.parametrize("kind", AGREEING)
def test_states_that_still_wait_are_dropped_with_their_tokens(kind: str, tmp_path: Path) -> None:
    pair = agreeing_pair(kind, mixing=0.3)
    with loaded(pair, tmp_path) as (context, load):
        first = context.model.tokenize(TEXT, add_bos=True)
        comparison = Comparison(pair)
        drafter = Watched(load(), comparison)
        answer(context, first, drafter, max_tokens=1)  # no room for a draft
        second = [*first[:20], *context.model.tokenize("another end", special=False)]
        answer(context, second, drafter, longest=COUNT, max_tokens=8)
        assert comparison.compared > 4


@pytest.mark.parametrize("kind", AGREEING)
def test_a_prompt_that_leaves_the_last_one_midway_is_answered_rightly(kind: str, tmp_path: Path) -> None:
    with loaded(agreeing_pair(kind, mixing=0.3), tmp_path) as (context, load):
        model = context.model
        first = model.tokenize(TEXT, add_bos=True)
        second = [*first[:20], *model.tokenize("another end", special=False)]
        drafter, stats = load(), Stats()
        answer(context, first, drafter)
        said = answer(context, second, drafter, stats=stats)
        assert stats.reused_tokens == 20
        assert stats.acceptance_rate > 0.5
        context.truncate(0)
        assert answer(context, second) == said


@pytest.mark.parametrize("kind", RANDOM)
def test_the_end_of_the_context_is_reached_with_a_draft_as_without(kind: str, tmp_path: Path) -> None:
    with loaded(random_pair(kind), tmp_path) as (context, load):
        prompt = (context.model.tokenize(TEXT, add_bos=True) * 20)[: context.size - 20]
        plain = answer(context, prompt, max_tokens=1000)
        context.truncate(0)
        drafter = load()
        assert answer(context, prompt, drafter, max_tokens=1000) == plain
        assert len(plain) == 20
        assert drafter.failure == ""


def test_a_draft_that_fails_ends_drafting_and_not_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded(random_pair("dspark"), tmp_path) as (context, load):
        prompt = context.model.tokenize(TEXT, add_bos=True)
        plain = answer(context, prompt)
        context.truncate(0)
        drafter, stats = load(), Stats()

        def fail(*_arguments: object) -> None:
            raise CoderError("no memory is left")

        monkeypatch.setattr(DraftContext, "evaluate", fail)
        assert answer(context, prompt, drafter, stats=stats) == plain
        assert stats.drafted == 0
        assert drafter.failure == "no memory is left"
