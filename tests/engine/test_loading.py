"""A model and its context: given up while they load, used when they are full or closed."""

from pathlib import Path

import pytest

from assistant.engine.llama import Context, ContextOptions, Model
from assistant.errors import CoderError, ModelError
from tests.engine.tiny_gguf import write_tiny


def test_what_is_raised_while_a_model_loads_gives_it_up(tmp_path: Path) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    path = write_tiny(tmp_path / "m.gguf")
    with pytest.raises(KeyboardInterrupt):
        Model(path, progress=interrupt)
    with Model(path) as model:
        assert model.n_vocab, "the next one loads"


def test_what_is_closed_says_so_and_is_closed_twice_without_harm(tmp_path: Path) -> None:
    model = Model(write_tiny(tmp_path / "m.gguf"))
    context = Context(model, ContextOptions(n_ctx=256))
    for _ in range(2):
        context.close()
    with pytest.raises(CoderError, match="context of tiny-llama is closed"):
        _ = context.handle
    for _ in range(2):
        model.close()
    with pytest.raises(CoderError, match=r"m\.gguf is closed"):
        _ = model.handle


def test_a_context_that_is_full_takes_no_more_and_keeps_what_it_has(tmp_path: Path) -> None:
    with (
        Model(write_tiny(tmp_path / "m.gguf")) as model,
        Context(model, ContextOptions(n_ctx=256)) as context,
    ):
        context.evaluate([5] * 250)
        with pytest.raises(CoderError, match="context of 256 tokens is full"):
            context.evaluate([5] * 7)
        assert len(context.tokens) == 250
        assert context.evaluate([5] * 6).shape[0] == 6


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No model file at .*gone\.gguf"):
        Model(tmp_path / "gone.gguf")
