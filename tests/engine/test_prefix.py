"""What was evaluated is used again, and the text is right, whatever the memory can do."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.generate import Emitted, Prefilled, generate
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.prefix import common_prefix, reuse
from assistant.engine.sampling import Sampling
from assistant.engine.state import restore_state, save_state
from assistant.engine.stats import Stats
from tests.engine.test_state import EXACT, MEMORIES, answer, words, write_model

LONG = ContextOptions(n_ctx=2048, threads=1, exact=True)


@pytest.fixture(scope="module", params=["mamba", "lfm2"])
def recurrent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    path = tmp_path_factory.mktemp("model") / "m.gguf"
    with Model(write_model(path, request.param)) as model:
        yield model


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_the_common_prefix_is_common_and_longest(a: list[int], b: list[int]) -> None:
    length = common_prefix(a, b)
    assert a[:length] == b[:length]
    assert length in (len(a), len(b)) or a[length] != b[length]


@pytest.mark.parametrize("kind", [list, tuple, partial(array, "i")])
@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 1024, 3000])
def test_long_prefixes_end_where_the_tokens_do_or_differ(
    kind: Callable[[list[int]], Sequence[int]], length: int
) -> None:
    shared = words(5000)[:length]
    assert common_prefix(shared, kind(shared)) == length
    assert common_prefix([*shared, 1, 7], kind([*shared, 2, 7])) == length
    assert common_prefix(kind([*shared, *words(2000)]), shared) == length


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_change_in_the_middle_gives_the_text_of_a_fresh_context(memory: str, tmp_path: Path) -> None:
    with Model(write_model(tmp_path / "m.gguf", memory)) as model, Context(model, LONG) as context:
        first = words(700)
        changed = [*first[:400], 99, 98, *first[402:]]
        expected = answer(context, changed)
        context.truncate(0)
        answer(context, first)
        stats = Stats()
        assert answer(context, changed, stats) == expected
        # A recurrent state goes back to the last border of a prefill chunk before the change.
        assert stats.reused_tokens == (400 if context.can_drop_suffix else 256)


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_turn_costs_its_new_tokens_only(memory: str, tmp_path: Path) -> None:
    with Model(write_model(tmp_path / "m.gguf", memory)) as model, Context(model, LONG) as context:
        prompt = words(300)
        said = answer(context, prompt)
        evaluated = len(context.tokens)
        stats = Stats()
        answer(context, [*prompt, *said, 50, 51], stats)
        assert stats.reused_tokens == evaluated >= len(prompt) + len(said) - 1


def test_another_answer_to_the_same_prompt_goes_back_to_its_end(recurrent: Model) -> None:
    """A template that strips reasoning makes the next prompt part from the context where the answer began."""
    with Context(recurrent, LONG) as context:
        prompt = words(300)
        answer(context, prompt)
        stats = Stats()
        follow_up = [*prompt, 77, 78, 79]
        text = answer(context, follow_up, stats)
        assert stats.reused_tokens == len(prompt)
        context.truncate(0)
        assert answer(context, follow_up) == text


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 600), min_size=1, max_size=6))
def test_going_back_gives_the_logits_of_that_place(recurrent: Model, cuts: list[int]) -> None:
    with Context(recurrent, LONG) as context, Context(recurrent, LONG) as fresh:
        for cut in cuts:
            for start in range(len(context.tokens), 600, 100):
                context.evaluate(words(600)[start : start + 100], all_logits=False)
                context.checkpoint()
            assert context.truncate(cut) <= cut
            fresh.truncate(0)
            if context.tokens:
                fresh.evaluate(context.tokens[:512], all_logits=False)
                if context.tokens[512:]:
                    fresh.evaluate(context.tokens[512:], all_logits=False)
            # Other batches, other rounding: a state of another place would be off by whole units.
            np.testing.assert_allclose(context.evaluate([5]), fresh.evaluate([5]), rtol=0, atol=1e-3)


def test_checkpoints_are_few_and_spread_over_the_text(recurrent: Model) -> None:
    with Context(recurrent, LONG) as context:
        for start in range(0, 2000, 20):
            context.evaluate(words(2000)[start : start + 20], all_logits=False)
            context.checkpoint()
        places = []
        while (place := context.truncate(len(context.tokens) - 1)) > 0:
            places.append(place)
        assert len(places) == 7, "and the one at the end"
        assert max(before - after for before, after in zip([2000, *places], [*places, 0], strict=True)) < 800


@pytest.mark.parametrize("architecture", ["llama", "mamba"])
def test_cancelling_a_prefill_keeps_what_was_evaluated(architecture: str, tmp_path: Path) -> None:
    with Model(write_model(tmp_path / "m.gguf", architecture)) as model, Context(model, LONG) as context:
        prompt = words(900)
        expected = answer(context, prompt)
        context.truncate(0)
        cancel, events = Event(), []
        for event in generate(context, prompt, sampling=Sampling(), cancel=cancel, stats=Stats()):
            events.append(event)
            if isinstance(event, Prefilled) and event.done == 512:
                cancel.set()
        assert context.tokens == prompt[:512]
        stats = Stats()
        assert answer(context, prompt, stats) == expected
        assert stats.reused_tokens == 512


def test_a_generation_left_midway_is_used_again(recurrent: Model) -> None:
    with Context(recurrent, LONG) as context:
        prompt = words(300)
        expected = answer(context, prompt)
        context.truncate(0)
        events = generate(context, prompt, sampling=Sampling(), stats=Stats())
        for event in events:
            if isinstance(event, Emitted):
                break
        events.close()  # type: ignore[attr-defined]
        assert answer(context, prompt) == expected


def test_a_restored_window_is_not_cut_back_into_its_gap(tmp_path: Path) -> None:
    with Model(write_model(tmp_path / "m.gguf", "gemma2")) as model, Context(model, EXACT) as context:
        prompt = words(200)
        changed = [*prompt[:120], 99, *prompt[121:]]
        expected = answer(context, changed)
        context.truncate(0)
        context.evaluate(prompt)
        save_state(context, tmp_path / "s.kv")
        restore_state(context, tmp_path / "s.kv")
        assert reuse(context, changed) == 0, "what the window had passed was not saved"
        assert answer(context, changed) == expected
        restore_state(context, tmp_path / "s.kv")
        context.evaluate([5, 6, 7])
        assert context.truncate(200) == 200, "what came after the restored state can go"
