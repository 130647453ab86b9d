"""Speculation must not change a token, whatever the drafter proposes and whatever the memory can do."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.drafters import Drafter, Proposal
from assistant.engine.drafters.edit import EditDrafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.drafters.model import ModelDrafter
from assistant.engine.generate import Emitted, Finished, Prefilled, generate
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats
from assistant.errors import ContextFullError, ModelError
from tests.engine.tiny_gguf import Architecture, vocabulary, write_tiny

EXACT = ContextOptions(n_ctx=512, threads=1, exact=True)
# Passes cost alike whatever their length, so that every draft is tried.
EAGER = [0.0, *([1.0] * 18)]


class OddDrafter:
    """Proposes whatever it was given, right or wrong."""

    name = "odd"
    seconds_per_token = 0.0

    def __init__(self, guesses: Sequence[Sequence[int]]) -> None:
        self._guesses = list(guesses)

    def begin(self, prompt: Sequence[int]) -> None: ...

    def extend(self, tokens: Sequence[int]) -> None: ...

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        if not self._guesses:
            return Proposal((), ())
        guess = tuple(self._guesses.pop(0)[:limit])
        return Proposal(guess, (9,) * len(guess))

    def prior(self, evidence: int) -> float:
        return 0.99

    def close(self) -> None: ...


def tokens_of(
    context: Context,
    prompt: Sequence[int],
    drafters: Sequence[Drafter] = (),
    *,
    sampling: Sampling | None = None,
    max_tokens: int = 48,
    stats: Stats | None = None,
) -> list[int]:
    context.truncate(0)
    events = generate(
        context,
        prompt,
        sampling=sampling or Sampling(),
        drafters=drafters,
        scheduler=Scheduler(EAGER) if drafters else None,
        max_tokens=max_tokens,
        stats=stats or Stats(),
    )
    return [token for event in events if isinstance(event, Emitted) for token in event.tokens]


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "deepseek2", "gemma2", "mamba"])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.9, top_p=0.95, seed=7)])
def test_every_memory_type_gives_the_plain_text(
    architecture: Architecture, sampling: Sampling, tmp_path: Path
) -> None:
    with Model(write_tiny(tmp_path / "m.gguf", architecture)) as model, Context(model, EXACT) as context:
        prompt = model.tokenize("abcabcabcabcabcabc", add_bos=True)
        plain = tokens_of(context, prompt, sampling=sampling)
        stats = Stats()
        wrong_then_right = OddDrafter([[260, 261], plain[2:9], plain[3:8], [280 - i for i in range(12)]] * 9)
        speculative = tokens_of(
            context, prompt, [wrong_then_right, LookupDrafter()], sampling=sampling, stats=stats
        )
        assert speculative == plain
        assert (stats.drafted > 0) == (architecture != "mamba"), "a recurrent state decodes plainly"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_draft_can_change_the_output(tiny: Context, data: st.DataObject) -> None:
    prompt = data.draw(st.lists(st.integers(3, tiny.model.n_vocab - 1), min_size=1, max_size=20))
    sampling = Sampling(
        temperature=data.draw(st.sampled_from([0.0, 0.5, 1.5])),
        top_k=data.draw(st.sampled_from([0, 5, 40])),
        top_p=data.draw(st.sampled_from([1.0, 0.9])),
        min_p=data.draw(st.sampled_from([0.0, 0.1])),
        repeat_penalty=data.draw(st.sampled_from([1.0, 1.2])),
        seed=data.draw(st.integers(0, 2**40)),
    )
    plain = tokens_of(tiny, prompt, sampling=sampling, max_tokens=24)
    right = [plain[i : i + 5] for i in range(1, len(plain), 2)]
    guesses = data.draw(
        st.lists(
            st.one_of(
                st.lists(st.integers(0, tiny.model.n_vocab - 1), max_size=8), st.sampled_from(right or [[5]])
            ),
            max_size=12,
        )
    )
    assert tokens_of(tiny, prompt, [OddDrafter(guesses)], sampling=sampling, max_tokens=24) == plain


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    path = write_tiny(tmp_path_factory.mktemp("tiny") / "m.gguf")
    with Model(path) as model, Context(model, EXACT) as context:
        yield context


def test_a_real_model_rewrites_a_file_with_most_drafts_accepted(context: Context) -> None:
    code = "def area(width, height):\n    return width * height\n\n\ndef volume(side):\n    return side**3\n"
    question = f"Repeat this code:\n```python\n{code}```"
    ask = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n```python\n"
    model = context.model
    prompt = model.tokenize(ask)
    plain = tokens_of(context, prompt)
    stats = Stats()
    edit = EditDrafter([model.tokenize(code, special=False)])
    assert tokens_of(context, prompt, [LookupDrafter(), edit], stats=stats) == plain
    assert b"".join(map(model.piece, plain)).decode().startswith("def area(width, height):")
    assert stats.mean_accepted_length > 1.9
    assert stats.emitted == len(plain) - 1  # the first token comes from the prefill


def test_a_model_drafts_for_itself(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf", "qwen3")
    sampling = Sampling(temperature=0.8, seed=3)
    with Model(path) as target, Context(target, EXACT) as context:
        drafter = ModelDrafter(Model(path), target, EXACT)
        drafter.sampling = sampling
        drafter.minimum_probability = 0.0
        prompt = target.tokenize("hello", add_bos=True)
        stats = Stats()
        assert tokens_of(context, prompt, [drafter], sampling=sampling, stats=stats) == tokens_of(
            context, prompt, sampling=sampling
        )
        assert stats.acceptance_rate == 1.0, "the shared noise makes equal models agree at any temperature"
        drafter.close()


def test_another_vocabulary_is_refused_with_the_reason(tmp_path: Path) -> None:
    write_tiny(tmp_path / "target.gguf")
    swapped = vocabulary("bacdefghijklmnopqrstuvwxyz")
    write_tiny(tmp_path / "draft.gguf", tokens=swapped)
    with (
        Model(tmp_path / "target.gguf") as target,
        Model(tmp_path / "draft.gguf") as draft,
        pytest.raises(ModelError, match=r"cannot draft for .*token 259 is 'b' against 'a'"),
    ):
        ModelDrafter(draft, target, EXACT)


def test_cancel_ends_within_a_step(tiny: Context) -> None:
    cancel = Event()
    events = []
    for event in generate(tiny, [1, 5, 9], sampling=Sampling(), cancel=cancel, stats=Stats()):
        events.append(event)
        if isinstance(event, Emitted):
            cancel.set()
    assert events[-1] == Finished("cancelled")
    assert sum(isinstance(event, Emitted) for event in events) == 1


def test_a_prompt_that_leaves_no_room_is_refused_before_evaluation(tiny: Context) -> None:
    tiny.truncate(0)
    with pytest.raises(ContextFullError, match=f"{tiny.size + 5} tokens"):
        next(generate(tiny, [5] * (tiny.size + 5), sampling=Sampling(), stats=Stats()))
    assert tiny.tokens == []


def test_a_full_context_is_an_end_of_its_own(tiny: Context) -> None:
    tiny.truncate(0)
    prompt = [1, *([5] * (tiny.size - 8))]
    events = list(generate(tiny, prompt, sampling=Sampling(temperature=1.0, seed=5), stats=Stats()))
    assert events[-1] in (Finished("context"), Finished("stop"))
    assert len(tiny.tokens) <= tiny.size


def test_the_next_prompt_reuses_what_it_shares(tiny: Context) -> None:
    tiny.truncate(0)
    first = [1, *range(10, 60)]
    list(generate(tiny, first, sampling=Sampling(), max_tokens=4, stats=Stats()))
    stats = Stats()
    second = [*first[:40], 99, 98]
    events = list(generate(tiny, second, sampling=Sampling(), max_tokens=4, stats=stats))
    assert stats.reused_tokens == 40
    assert events[0] == Prefilled(40, 42, 40)
