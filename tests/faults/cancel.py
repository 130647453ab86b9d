"""Answers cancelled at random moments: what is left in the KV cache never shows in the next answer.

`python -m tests.faults cancel` does it 500 times with tiny random models of several kinds of memory, and 25
times with the embedded one, in the profile in which passes of any length give the same numbers."""

import random
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer

from assistant.catalog import embedded
from assistant.engine.curve import CostCurve
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.generate import Emitted, Finished, GenerationEvent, generate
from assistant.engine.llama import Context, ContextOptions, Model, requantize
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats
from tests.engine.tiny_gguf import Architecture, write_tiny

COUNT = 500
# Not gemma2: greedy, a random one writes the same whatever it read.
ARCHITECTURES: tuple[Architecture, ...] = ("llama", "qwen3", "deepseek2", "mamba")
_PASSES_COST_THE_SAME = CostCurve((1, 16), (1.0, 1.0))
_TOKENS = 24
_CONTEXT_TOKENS, _CANCELLED_TOKENS = 1536, 400
_LONGEST_S = {"tiny": 0.05, "real": 2.0}
_FIRST_WORD = 3
_REAL_SHARE = 20


@dataclass
class Counts:
    """By where the answer was when it was cancelled, and the answers after it that were others."""

    where: Counter[str] = field(default_factory=Counter)
    reused_tokens: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        where = ", ".join(f"{count} {name}" for name, count in sorted(self.where.items()))
        return (
            f"{len(self.wrong)} of {sum(self.where.values())} next answers were others than fresh ones "
            f"(cancelled {where}; {self.reused_tokens} tokens of the cache were used again)"
        )


def run(count: int, seed: int, *, with_embedded: bool = True) -> Counts:
    """`count` cancellations, shared by the architectures; and some with the embedded model, where it is."""
    counts, chance = Counts(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        for architecture in ARCHITECTURES:
            path = write_tiny(Path(name) / f"{architecture}.gguf", architecture, seed=seed)
            _cancel_often(path, count // len(ARCHITECTURES), _LONGEST_S["tiny"], chance, counts)
        source = embedded.available() if with_embedded else None
        if source:
            requantize(source, Path(name) / "embedded.gguf", "F32")
            path, share = Path(name) / "embedded.gguf", count // _REAL_SHARE
            _cancel_often(path, share, _LONGEST_S["real"], chance, counts)
    return counts


def _cancel_often(path: Path, count: int, longest_s: float, chance: random.Random, counts: Counts) -> None:
    with Model(path) as model:
        prompts = _prompts(chance, model.n_vocab)
    fresh = []
    for prompt in prompts:
        with _engine(path) as engine:
            fresh.append(engine.answer(prompt))
    assert len(set(map(tuple, fresh))) > 1, "answers differ, so that a wrong one shows"
    with _engine(path) as engine:
        number = 0
        while number < count:
            where = _cancel(engine, chance.choice(prompts), longest_s, chance)
            counts.where[where] += 1
            number += where != "too late"
            chosen = chance.randrange(len(prompts))
            tokens = engine.answer(prompts[chosen])
            counts.reused_tokens += engine.stats.reused_tokens
            if tokens != fresh[chosen]:
                counts.wrong.append(f"{path.stem}, the {number}th, cancelled {where}: {tokens}")


def _prompts(chance: random.Random, n_vocab: int) -> list[list[int]]:
    """Most begin as another one does, so that much of the cache is used again."""
    found: list[list[int]] = []
    for _ in range(8):
        begun = list(chance.choice(found))[: chance.randrange(20, 500)] if found else [1]
        found.append(begun + chance.choices(range(_FIRST_WORD, n_vocab), k=chance.randrange(1, 500)))
    return found


class _Engine:
    """A context that answers one prompt after another, with a drafter that learns from its answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lookup = LookupDrafter()
        self._scheduler = Scheduler(_PASSES_COST_THE_SAME)
        self.stats = Stats()

    def begin(
        self, prompt: Sequence[int], *, max_tokens: int, cancel: Event | None = None
    ) -> Generator[GenerationEvent]:
        self.stats = Stats()
        yield from generate(
            self._context,
            prompt,
            sampling=Sampling(),
            drafters=[self._lookup],
            scheduler=self._scheduler,
            max_tokens=max_tokens,
            cancel=cancel,
            stats=self.stats,
        )

    def answer(self, prompt: Sequence[int]) -> list[int]:
        events = self.begin(prompt, max_tokens=_TOKENS)
        tokens = [token for event in events if isinstance(event, Emitted) for token in event.tokens]
        self._lookup.remember(tokens)
        return tokens


def _cancel(engine: _Engine, prompt: Sequence[int], longest_s: float, chance: random.Random) -> str:
    """Begin an answer and cancel it from another thread, or leave it alone half-way; where it was then."""
    cancel, wrote, finished = Event(), False, False
    timer = Timer(chance.uniform(0, longest_s), cancel.set)
    leave_after = chance.choice((None, None, chance.randrange(1, 40)))
    timer.start()
    with closing(engine.begin(prompt, max_tokens=_CANCELLED_TOKENS, cancel=cancel)) as events:
        for number, event in enumerate(events, 1):
            wrote |= isinstance(event, Emitted)
            finished = isinstance(event, Finished) and event.reason != "cancelled"
            if number == leave_after:
                break
    timer.cancel()
    timer.join()
    return "too late" if finished else "while it wrote" if wrote else "while it read"


@contextmanager
def _engine(path: Path) -> Iterator[_Engine]:
    with (
        Model(path) as model,
        Context(model, ContextOptions(n_ctx=_CONTEXT_TOKENS, threads=1, exact=True)) as context,
    ):
        yield _Engine(context)
