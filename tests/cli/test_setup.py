"""A model is fitted to the memory that is free before it is loaded, and nothing stays open on failure."""

import os
from pathlib import Path
from typing import Any

import pytest

from assistant.catalog.checksum import record, record_of, sha256_of
from assistant.catalog.fitting import of_files
from assistant.catalog.resolve import ModelFiles
from assistant.chat.generator import ReplyOptions
from assistant.chat.local import LocalGenerator
from assistant.cli import setup
from assistant.engine.drafters.load import load_drafter
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.memory import FreeMemory, estimate
from assistant.errors import ModelError, UsageError
from tests.engine import tiny_drafts as tiny

TARGET = tiny.target("llama")
MARGIN = 2**28


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return TARGET.write(tmp_path / "target.gguf")


class Loading:
    """Loads with as many bytes free as are told, and keeps the notes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.notes: list[str] = []

    def load(self, target: Path, free: int, draft: Path | None = None, **options: Any) -> LocalGenerator:
        files = ModelFiles("tiny", target, draft)
        self._monkeypatch.setattr(setup, "resolve_model", lambda name: files)
        self._monkeypatch.setattr(setup, "free_memory", lambda: FreeMemory(host=MARGIN + free))
        return setup.load_generator(None, lambda what, done: None, tell=self.notes.append, **options)


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Loading:
    return Loading(monkeypatch)


def needed(path: Path, n_ctx: int) -> int:
    """On a CPU."""
    return estimate(path, ContextOptions(n_ctx=n_ctx, flash_attention="off")).total


def test_the_context_is_what_the_model_can_where_memory_allows(loading: Loading, target: Path) -> None:
    generator = loading.load(target, free=needed(target, 2048))
    assert generator.context_tokens == 2048
    assert not loading.notes
    generator.close()


@pytest.mark.parametrize("n_ctx", [1280, 2048])
def test_what_is_loaded_is_what_was_forecast(loading: Loading, target: Path, n_ctx: int) -> None:
    free = needed(target, n_ctx)
    told = of_files(target, None, 2048, FreeMemory(host=MARGIN + free))
    generator = loading.load(target, free)
    loaded = estimate(target, generator.context.options)
    assert (told.context, told.kv, told.compute) == (generator.context_tokens, loaded.kv, loaded.compute)
    generator.close()


def test_the_context_shrinks_to_what_is_free_and_the_user_is_told(loading: Loading, target: Path) -> None:
    generator = loading.load(target, free=needed(target, 1536))
    assert generator.context_tokens == 1536
    assert "1536 tokens, not 2048" in loading.notes[0]
    generator.close()


def test_a_context_that_was_asked_for_is_given_or_refused(loading: Loading, target: Path) -> None:
    generator = loading.load(target, free=needed(target, 1792), context_tokens=1792)
    assert generator.context_tokens == 1792
    generator.close()
    with pytest.raises(ModelError, match=r"a context of 1792 tokens needs .* GiB .* are free") as refused:
        loading.load(target, free=needed(target, 1536), context_tokens=1792)
    assert "--context 1536 would fit" in refused.value.hint
    with pytest.raises(ModelError, match="at most 2048 tokens of context, not 4096"):
        loading.load(target, free=2**32, context_tokens=4096)


@pytest.mark.parametrize(
    ("wished", "flash_attention", "got"),
    [(None, None, ("F16", "off")), ("F32", None, ("F32", "off")), ("F32", "on", ("F32", "on"))],
)
def test_the_kv_cache_and_flash_attention_are_chosen_for_a_cpu_or_by_the_user(
    loading: Loading, target: Path, wished: str | None, flash_attention: str | None, got: tuple[str, str]
) -> None:
    generator = loading.load(target, free=2**32, kv_type=wished, flash_attention=flash_attention)
    options = generator.context.options
    assert (options.kv_type, options.flash_attention) == got
    generator.close()


def test_a_quantized_kv_cache_needs_flash_attention(loading: Loading, target: Path) -> None:
    with pytest.raises(ModelError, match="block size 32 does not divide"):  # got as far as llama.cpp
        loading.load(target, free=2**32, kv_type="Q4_0")
    with pytest.raises(UsageError, match="KV cache of Q4_0 needs flash attention"):
        loading.load(target, free=2**32, kv_type="Q4_0", flash_attention="off")


def test_a_model_that_does_not_fit_is_refused_unloaded(
    loading: Loading, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "Model", None)  # calling it would be another error
    with pytest.raises(ModelError, match=r"needs .* GiB of memory: weights .* are free"):
        loading.load(target, free=needed(target, 1024) - 1)


def test_what_no_pull_has_checked_is_tried_first(
    loading: Loading, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(setup, "check_first_load", lambda path, _: tried.append(path.name))
    loading.load(target, free=2**32).close()
    record(target, sha256_of(target, lambda _: None))
    loading.load(target, free=2**32).close()
    assert tried == [target.name]
    since = record_of(target).stat().st_mtime_ns + 1
    os.utime(target, ns=(since, since))  # written since
    loading.load(target, free=2**32).close()
    assert tried == [target.name] * 2


@pytest.mark.parametrize("kind", ["dspark", "eagle3", "model"])
def test_a_draft_is_loaded_where_there_is_room_for_both(
    loading: Loading, target: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = {
        "dspark": tiny.dspark(TARGET, layers=[0, 2]),
        "eagle3": tiny.eagle3(TARGET, layers=[0, 1, 2]),
        "model": tiny.target("qwen3", layers=1),
    }
    draft = drafts[kind].write(target.with_name("draft.gguf"))
    names: list[str] = []

    def recording(*arguments: object, **keywords: object) -> object:
        drafter = load_drafter(*arguments, **keywords)  # type: ignore[arg-type]
        names.append(drafter.name)
        return drafter

    monkeypatch.setattr(setup, "load_drafter", recording)
    both = needed(target, 2048) + needed(draft, 2048)
    loading.load(target, both, draft).close()
    assert (names, loading.notes) == ([kind], [])
    loading.load(target, needed(target, 2048), draft).close()
    assert names == [kind]
    assert "The draft draft.gguf is left out: " in loading.notes[0]
    assert "are free" in loading.notes[0]


def test_a_draft_of_another_target_is_left_out_and_said(loading: Loading, target: Path) -> None:
    other = tiny.dspark(TARGET, layers=[0, 2])
    other.keys["embedding_length"] = 128
    generator = loading.load(target, 2**32, other.write(target.with_name("draft.gguf")))
    (note,) = loading.notes
    assert note.startswith("The draft is left out, and answers come slower: draft.gguf cannot draft for")
    assert [drafter.name for drafter in generator.drafters(ReplyOptions())] == ["lookup"]
    generator.close()


def test_a_load_that_fails_leaves_nothing_open(
    loading: Loading, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[type] = []
    for kind in (Context, Model):
        monkeypatch.setattr(kind, "close", _recording(kind, closed))

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "detect_family", broken)
    with pytest.raises(KeyboardInterrupt):
        loading.load(target, 2**32)
    assert closed == [Context, Model]


def test_a_damaged_draft_is_no_matter_of_room(loading: Loading, target: Path) -> None:
    draft = TARGET.write(target.with_name("draft.gguf"))
    draft.write_bytes(draft.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"draft\.gguf is truncated"):
        loading.load(target, 2**32, draft)


def test_how_the_model_writes_changes_comes_with_it(target: Path) -> None:
    files = ModelFiles("tiny", target, edit_format="udiff")
    generator = setup.load_generator(files, lambda what, done: None, context_tokens=512)
    assert generator.edit_format == "udiff"
    generator.close()


def _recording(kind: type[Context] | type[Model], closed: list[type]) -> object:
    close = kind.close

    def recording(self: Context | Model) -> None:
        closed.append(kind)
        close(self)  # type: ignore[arg-type]

    return recording
