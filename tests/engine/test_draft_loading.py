"""Which drafter a file makes, and what is said of a file that makes none for this target."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.engine.drafters.load import load_drafter, predicts_ahead
from assistant.engine.gguf_header import GgufArray, read_header
from assistant.engine.llama import Context, Model
from assistant.engine.llama.hidden import extension
from assistant.errors import ModelError
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT
from tests.engine.tiny_gguf import vocabulary, write_tiny

TARGET = tiny.target("llama")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    path = TARGET.write(tmp_path_factory.mktemp("target") / "target.gguf")
    with Model(path) as model, Context(model, EXACT) as context:
        yield context


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (tiny.dspark(TARGET, layers=[0, 2]), "dspark"),
        (tiny.dspark(TARGET, layers=[0, 2], markov=False), "dflash"),
        (tiny.eagle3(TARGET, layers=[0, 1, 2]), "eagle3"),
        (tiny.target("qwen3", layers=1), "model"),
    ],
)
def test_a_file_makes_the_drafter_it_is_for(
    context: Context, draft: tiny.Tiny, name: str, tmp_path: Path
) -> None:
    fractions: list[float] = []
    path = draft.write(tmp_path / "draft.gguf")
    drafter = load_drafter(path, context.model, context, progress=fractions.append)
    assert drafter.name == name
    assert fractions[-1] == 1.0
    drafter.close()


def without(draft: tiny.Tiny, name: str) -> tiny.Tiny:
    del draft.tensors[name]
    return draft


def with_key(draft: tiny.Tiny, name: str, value: tiny.Key) -> tiny.Tiny:
    draft.keys[name] = value
    return draft


def without_key(draft: tiny.Tiny, name: str) -> tiny.Tiny:
    del draft.keys[name]
    return draft


def for_other_tokens(draft: tiny.Tiny) -> tiny.Tiny:
    draft.tokens = vocabulary("bacdefghijklmnopqrstuvwxyz")
    return draft


def mapped_outside(draft: tiny.Tiny) -> tiny.Tiny:
    draft.tensors["d2t"][-1] = len(draft.tokens)
    return draft


def dspark() -> tiny.Tiny:
    return tiny.dspark(TARGET, layers=[0, 2])


def eagle3() -> tiny.Tiny:
    return tiny.eagle3(TARGET, layers=[0, 1, 2])


BAD: list[tuple[str, Callable[[], tiny.Tiny], str]] = [
    ("layers", lambda: tiny.dspark(TARGET, layers=[0, 7]), "reads layer 7 and the target has 4"),
    ("last layer", lambda: tiny.dspark(TARGET, layers=[0, 4]), "last layer's output of llama models"),
    ("no layers", lambda: without_key(dspark(), "target_layers"), "target_layers"),
    ("width", lambda: with_key(dspark(), "embedding_length", 128), "of 128 values and the target's have 64"),
    ("eagle width", lambda: with_key(eagle3(), "target_hidden_size", 48), "48"),
    ("vocabulary", lambda: for_other_tokens(dspark()), "vocabularies differ .*token 259 is 'b' against 'a'"),
    ("fc", lambda: without(dspark(), "fc.weight"), "fc.weight"),
    ("head", lambda: without(eagle3(), "blk.0.attn_norm_2.weight"), "attn_norm_2"),
    ("markov", lambda: without(dspark(), "markov_w2.weight"), "markov_w2"),
    ("mask", lambda: without_key(dspark(), "tokenizer.ggml.mask_token_id"), "no mask token"),
    ("block", lambda: without_key(dspark(), "block_size"), "lacks the block size"),
    (
        "map",
        lambda: mapped_outside(tiny.eagle3(TARGET, layers=[0, 1, 2], reduced=50)),
        "points outside the target's 285 tokens",
    ),
    ("mtp without", lambda: TARGET, "has no layers for it"),
]


@pytest.mark.parametrize(("make", "reason"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_draft_for_something_else_is_refused_with_the_reason(
    context: Context, make: Callable[[], tiny.Tiny], reason: str, tmp_path: Path
) -> None:
    draft = make()
    path = context.model.path if draft is TARGET else draft.write(tmp_path / "draft.gguf")
    with pytest.raises(ModelError, match=reason):
        load_drafter(path, context.model, context)
    assert len(context.evaluate([5, 6, 7])) == 3, "the target goes on"
    context.truncate(0)


def test_a_target_whose_layers_llama_cpp_does_not_give_is_refused(tmp_path: Path) -> None:
    target = write_tiny(tmp_path / "gemma2.gguf", "gemma2")
    path = dspark().write(tmp_path / "draft.gguf")
    with (
        Model(target) as model,
        Context(model, EXACT) as context,
        pytest.raises(ModelError, match="no layer inputs of gemma2 models"),
    ):
        load_drafter(path, model, context)


@pytest.mark.parametrize(
    ("change", "loaded_with_mtp", "reason"),
    [
        (lambda draft: draft, False, "loaded without those layers"),
        (lambda draft: without(draft, "blk.2.nextn.eh_proj.weight"), True, "weights were left out"),
        (lambda draft: without_key(draft, "nextn_predict_layers"), True, "no layers for it"),
    ],
)
def test_next_token_layers_that_are_not_there_are_not_drafted_with(
    change: Callable[[tiny.Tiny], tiny.Tiny], loaded_with_mtp: bool, reason: str, tmp_path: Path
) -> None:
    target = change(tiny.deepseek())
    if "nextn_predict_layers" not in target.keys:
        target.keys["block_count"] = 2
        target.tensors = {n: t for n, t in target.tensors.items() if not n.startswith("blk.2.")}
    path = target.write(tmp_path / "target.gguf")
    with (
        Model(path, mtp=loaded_with_mtp) as model,
        Context(model, EXACT) as context,
        pytest.raises(ModelError, match=reason),
    ):
        load_drafter(path, model, context)


def test_a_model_that_predicts_ahead_is_known_by_its_file(tmp_path: Path) -> None:
    assert predicts_ahead(tiny.deepseek().write(tmp_path / "deepseek.gguf"))
    assert not predicts_ahead(TARGET.write(tmp_path / "llama.gguf"))


def test_a_build_without_the_symbols_is_named() -> None:
    class Library:
        """Exports nothing."""

    with pytest.raises(ModelError, match=r"llama-cpp-python .* lacks llama_set_embeddings_layer_inp"):
        extension("llama_set_embeddings_layer_inp", Library())


@pytest.mark.parametrize("length", [3, 20, 5000])
def test_a_truncated_file_is_refused(context: Context, length: int, tmp_path: Path) -> None:
    path = dspark().write(tmp_path / "draft.gguf")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelError):
        load_drafter(path, context.model, context)


def test_a_header_names_what_the_file_holds(tmp_path: Path) -> None:
    header = read_header(tiny.eagle3(TARGET, layers=[2, 0, 1], reduced=50).write(tmp_path / "draft.gguf"))
    assert header.architecture == "eagle3"
    assert header.of_architecture("target_layers") == GgufArray(3, (2, 0, 1))
    assert header.of_architecture("attention.layer_norm_rms_epsilon") == pytest.approx(1e-5)
    assert header.tensors["fc.weight"].shape == (192, 64)
    table = np.fromfile(tmp_path / "draft.gguf", "<i8", 50, offset=header.tensors["d2t"].offset)
    assert (np.diff(table) > 0).all()
    assert 3 <= table.min() < table.max() < 285
