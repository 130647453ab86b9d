"""Who is counted for what when several drafters share a pass."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.engine.drafters import Draft, Drafter, Proposal
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.generate import Emitted, generate
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import DraftCount, Stats
from tests.engine.tiny_gguf import write_tiny

PROMPT = [1, *range(10, 20)]


class Named(LookupDrafter):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Chained(Scheduler):
    """One pass drafts `first` and `second` behind each other; the others are plain."""

    def __init__(self, first: Sequence[int], second: Sequence[int]) -> None:
        super().__init__(())
        self._parts = [Proposal(tuple(tokens), (1,) * len(tokens)) for tokens in (first, second)]

    def choose(self, drafters: Sequence[Drafter], room: int, context: int = 0) -> Draft:
        parts, self._parts = self._parts, []
        return Draft(tuple(zip(drafters, parts, strict=False)))

    def learn(self, emitted: Sequence[int], seconds: float) -> None: ...


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    path: Path = write_tiny(tmp_path_factory.mktemp("tiny") / "m.gguf")
    with Model(path) as model, Context(model, ContextOptions(n_ctx=256, threads=1, exact=True)) as context:
        yield context


@pytest.mark.parametrize(
    ("right", "first", "second", "emitted"),
    [
        (5, (3, 3), (2, 2), 6),
        (4, (3, 3), (2, 1), 5),
        (3, (3, 3), (2, 0), 4),
        (1, (3, 1), (2, 0), 2),
        (0, (3, 0), (2, 0), 1),
    ],
)
def test_tokens_behind_a_rejected_one_are_drafted_and_not_accepted(
    right: int, first: tuple[int, int], second: tuple[int, int], emitted: int, context: Context
) -> None:
    plain = [token for event in _run(context, None, Stats()) for token in event.tokens]
    wrong = [(token + 1) % context.model.n_vocab for token in plain]
    draft = [*plain[1 : 1 + right], *wrong[1 + right : 6]]
    stats = Stats()
    events = _run(context, Chained(draft[:3], draft[3:]), stats)
    assert [token for event in events for token in event.tokens] == plain
    assert stats.by_drafter == {"first": DraftCount(*first), "second": DraftCount(*second)}
    assert (stats.drafted, stats.accepted) == (5, right)
    step = events[1]
    assert len(step.tokens) == emitted
    assert sum(share.accepted for share in step.shares) == right
    assert [(name, len(tokens)) for name, tokens in step.runs] == [
        (name, count) for name, count in (("first", first[1]), ("second", second[1]), (None, 1)) if count
    ]
    assert [token for _, tokens in step.runs for token in tokens] == list(step.tokens)
    assert stats.passes[5, emitted] == 1


def test_tokens_behind_the_end_of_the_answer_are_not_accepted(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [token for event in _run(context, None, Stats()) for token in event.tokens]
    monkeypatch.setattr(Model, "is_end", lambda model, token: token == plain[3])
    stats = Stats()
    _run(context, Chained(plain[1:4], plain[4:6]), stats)
    assert stats.by_drafter == {"first": DraftCount(3, 2), "second": DraftCount(2, 0)}


@pytest.mark.parametrize("drafted", [0, 3])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_pass_never_counts_for_less_than_one_token(
    context: Context, monkeypatch: pytest.MonkeyPatch, length: int, drafted: int
) -> None:
    plain = [token for event in _run(context, None, Stats()) for token in event.tokens]
    monkeypatch.setattr(Model, "is_end", lambda model, token: token == plain[length])
    stats = Stats()
    answer = [t for event in _run(context, Chained(plain[1 : 1 + drafted], ()), stats) for t in event.tokens]
    assert answer == plain[:length]
    assert stats.emitted == length, "the end token in place of the first, which prefill gives"
    assert stats.mean_accepted_length >= 1
    assert sum(emitted * times for (_, emitted), times in stats.passes.items()) == stats.emitted


def test_counters_of_two_generations_add_up() -> None:
    total, other = Stats(emitted=10, forward_passes=4), Stats(emitted=2, forward_passes=2)
    total.count("lookup", 6, 5)
    other.count("lookup", 2, 0)
    other.count("edit", 4, 1)
    total.passes[6, 6] += 1
    other.passes.update([(4, 2), (6, 6)])
    total.add(other)
    assert total.mean_accepted_length == 2.0
    assert total.by_drafter == {"lookup": DraftCount(8, 5), "edit": DraftCount(4, 1)}
    assert total.acceptance_rate == 0.5
    assert total.by_drafter["lookup"].drafted_at == dict.fromkeys(range(2), 2) | dict.fromkeys(range(2, 6), 1)
    assert total.by_drafter["lookup"].accepted_at == dict.fromkeys(range(5), 1)
    assert total.passes == {(6, 6): 2, (4, 2): 1}


@pytest.mark.parametrize(
    ("stats", "known"),
    [(Stats(), True), (Stats(emitted=5, decode_s=1.0), False), (Stats(emitted=5, forward_passes=2), True)],
)
def test_of_speculation_only_what_is_known_is_told(stats: Stats, known: bool) -> None:
    document = stats.as_dict()
    assert {"emitted", "decode_tps", "ttft_s"} <= document.keys()
    assert ({"drafted", "acceptance_rate", "by_drafter"} <= document.keys()) is known


def _run(context: Context, scheduler: Scheduler | None, stats: Stats) -> list[Emitted]:
    context.truncate(0)
    drafters = [Named("first"), Named("second")]
    sampling = Sampling(temperature=1.0, seed=4)
    events = generate(
        context, PROMPT, sampling=sampling, drafters=drafters, scheduler=scheduler, max_tokens=12, stats=stats
    )
    return [event for event in events if isinstance(event, Emitted)]
