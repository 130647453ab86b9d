"""A saved state must give what the context gave that wrote it, or be refused with the reason."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.generate import Emitted, generate
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling
from assistant.engine.state import StateError, restore_state, save_state
from assistant.engine.state_store import StateStore
from assistant.engine.stats import Stats
from tests.engine.tiny_gguf import vocabulary, write_tiny
from tests.engine.tiny_memories import write_memory

EXACT = ContextOptions(n_ctx=512, threads=1, exact=True)
MEMORIES = ["llama", "qwen3", "deepseek2", "compressed deepseek2", "gemma2", "mamba", "lfm2"]


def write_model(path: Path, memory: str, seed: int = 0) -> Path:
    if memory == "lfm2":
        return write_memory(path, "lfm2", seed=seed)
    if memory == "compressed deepseek2":
        return write_memory(path, "deepseek2", seed=seed)
    return write_tiny(path, memory, seed=seed)  # type: ignore[arg-type]


def words(count: int, seed: int = 0) -> list[int]:
    return [1, *(int(token) for token in np.random.default_rng(seed).integers(3, 280, count - 1))]


def answer(context: Context, prompt: list[int], stats: Stats | None = None) -> list[int]:
    events = generate(context, prompt, sampling=Sampling(), max_tokens=12, stats=stats or Stats())
    return [token for event in events if isinstance(event, Emitted) for token in event.tokens]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with Model(write_tiny(tmp_path_factory.mktemp("model") / "m.gguf")) as model:
        yield model


@pytest.fixture
def context(model: Model) -> Iterator[Context]:
    with Context(model, EXACT) as context:
        yield context


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_next_logits_are_those_of_the_original(memory: str, tmp_path: Path) -> None:
    with (
        Model(write_model(tmp_path / "m.gguf", memory)) as model,
        Context(model, EXACT) as original,
        Context(model, ContextOptions(n_ctx=1024, threads=1, exact=True)) as other,
    ):
        original.evaluate(words(100))
        assert save_state(original, tmp_path / "s.kv") == (tmp_path / "s.kv").stat().st_size
        other.evaluate(words(30, seed=5))
        assert restore_state(other, tmp_path / "s.kv") == 100
        assert other.tokens == original.tokens
        for token in (50, 60, 70):
            expected = original.evaluate([token]).copy()
            # A sliding window is saved without what it has passed, and lies elsewhere in the new
            # cache: its sums are the same numbers in another order.
            tolerance = 2e-5 if memory == "gemma2" else 0.0
            np.testing.assert_allclose(other.evaluate([token]), expected, rtol=0, atol=tolerance)


def test_a_real_model_goes_on_as_if_it_had_read_the_prompt(smollm2: Model, tmp_path: Path) -> None:
    with (
        Context(smollm2, ContextOptions(n_ctx=512, threads=1)) as first,
        Context(smollm2, first.options) as second,
    ):
        prompt = smollm2.tokenize("def area(width, height):\n    return width * height\n\n\ndef volume(")
        expected = answer(first, prompt)
        first.truncate(len(prompt) - 1)
        save_state(first, tmp_path / "s.kv")
        restore_state(second, tmp_path / "s.kv")
        stats = Stats()
        assert answer(second, prompt, stats) == expected
        assert stats.reused_tokens == len(prompt) - 1


@pytest.mark.parametrize(("field", "claimed"), [("tokens", 19), ("tokens", 21), ("checksum", 1)])
def test_a_seal_that_says_something_else_is_damage(
    context: Context, field: str, claimed: int, tmp_path: Path
) -> None:
    context.truncate(0)
    context.evaluate(words(20))
    save_state(context, tmp_path / "s.kv")
    whole = (tmp_path / "s.kv").read_bytes()
    at = whole.rindex(b'{"model"')
    seal = json.dumps({**json.loads(whole[at:-12]), field: claimed}).encode()
    (tmp_path / "s.kv").write_bytes(whole[:at] + seal + len(seal).to_bytes(4, "little") + whole[-8:])
    with pytest.raises(StateError) as refused:
        restore_state(context, tmp_path / "s.kv")
    assert (refused.value.reason, context.tokens) == ("damaged", words(20))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_goes_unnoticed(context: Context, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.kv"
        context.truncate(0)
        context.evaluate(words(20))
        size = save_state(context, path)
        if data.draw(st.booleans()):
            os.truncate(path, data.draw(st.integers(0, size - 1)))
        else:
            whole = bytearray(path.read_bytes())
            # Half of the flips fall into the seal, which is short and interpreted.
            at = data.draw(st.one_of(st.integers(0, size - 1), st.integers(size - 250, size - 1)))
            whole[at] ^= 1 << data.draw(st.integers(0, 7))
            path.write_bytes(whole)
        with pytest.raises(StateError):
            restore_state(context, path)
        assert context.tokens == words(20), "a refusal leaves the context as it was"


@pytest.mark.parametrize(
    ("contents", "reason"),
    [(None, "unreadable"), (b"", "damaged"), (b"x" * 5000, "damaged"), (b"[" * 4000, "damaged")],
)
def test_what_is_no_state_is_refused(
    context: Context, contents: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.kv"
    if contents is not None:
        path.write_bytes(contents)
        if contents[:1] == b"[":  # a seal that only a parser without a depth limit would survive
            path.write_bytes(contents + len(contents).to_bytes(4, "little") + b"CODERKV2")
    with pytest.raises(StateError) as refused:
        restore_state(context, path)
    assert refused.value.reason == reason


def test_another_model_of_the_same_shape_is_refused(context: Context, tmp_path: Path) -> None:
    context.evaluate(words(10))
    save_state(context, tmp_path / "s.kv")
    with (
        Model(write_tiny(tmp_path / "m.gguf", seed=1)) as tuned,
        Context(tuned, EXACT) as other,
        pytest.raises(StateError) as refused,
    ):
        restore_state(other, tmp_path / "s.kv")
    assert refused.value.reason == "other model"


def test_a_model_that_differs_far_behind_its_header_is_refused(tmp_path: Path) -> None:
    first = write_tiny(tmp_path / "a.gguf", tokens=vocabulary()[:-26] + [f"word{i}" for i in range(9000)])
    whole = bytearray(first.read_bytes())
    assert len(whole) > 4 * 2**20
    at = len(whole) * 3 // 4
    whole[at : at + 2**17] = bytes(2**17)
    (tmp_path / "b.gguf").write_bytes(whole)
    with Model(first) as model, Context(model, EXACT) as context:
        context.evaluate(words(10))
        save_state(context, tmp_path / "s.kv")
    with (
        Model(tmp_path / "b.gguf") as tuned,
        Context(tuned, EXACT) as other,
        pytest.raises(StateError) as refused,
    ):
        restore_state(other, tmp_path / "s.kv")
    assert refused.value.reason == "other model"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (ContextOptions(n_ctx=512), "other configuration"),
        (ContextOptions(n_ctx=512, kv_type="F32"), "other configuration"),
        (ContextOptions(n_ctx=512, flash_attention="off"), "other configuration"),
        (ContextOptions(n_ctx=256, exact=True), "too long"),
    ],
)
def test_another_configuration_is_refused(
    context: Context, options: ContextOptions, reason: str, tmp_path: Path
) -> None:
    context.evaluate(words(300))
    save_state(context, tmp_path / "s.kv")
    with Context(context.model, options) as other, pytest.raises(StateError) as refused:
        restore_state(other, tmp_path / "s.kv")
    assert refused.value.reason == reason


def test_a_full_disk_leaves_no_file(context: Context, tmp_path: Path) -> None:
    context.evaluate(words(100))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the state has 100,000 bytes
    try:
        with pytest.raises(StateError) as refused:
            save_state(context, tmp_path / "s.kv")
        assert not StateStore(tmp_path, 2**30).save(context)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.reason == "unwritable"
    assert [path.name for path in tmp_path.iterdir()] == []
    assert context.evaluate([9]).size, "the context goes on"


def test_a_state_of_nothing_and_one_that_has_no_place_are_not_written(
    context: Context, tmp_path: Path
) -> None:
    context.truncate(0)
    for path, tokens in ((tmp_path / "s.kv", 0), (tmp_path / "gone" / "s.kv", 5)):
        context.evaluate(words(5)) if tokens else None
        with pytest.raises(StateError) as refused:
            save_state(context, path)
        assert refused.value.reason == "unwritable"
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_its_owners_alone(context: Context, tmp_path: Path) -> None:
    context.evaluate(words(10))
    save_state(context, tmp_path / "s.kv")
    assert (tmp_path / "s.kv").stat().st_mode & 0o077 == 0


def test_a_session_resumes_with_what_serves_it_most(context: Context, tmp_path: Path) -> None:
    store = StateStore(tmp_path / "states", 2**30)
    prompt = words(60)
    for branch in (7, 8):
        context.truncate(0)
        context.evaluate([*prompt[:40], *[branch] * branch])
        assert store.save(context)
    context.truncate(0)
    expected = answer(context, [*prompt[:40], *[8] * 5, 99])
    context.truncate(0)
    assert store.resume(context, [*prompt[:40], *[8] * 5, 99]) == 45
    stats = Stats()
    assert answer(context, [*prompt[:40], *[8] * 5, 99], stats) == expected
    assert stats.reused_tokens == 45
    assert store.resume(context, words(50, seed=3)) == 1, "the context itself serves as well as any state"


def test_a_damaged_state_gives_way_to_the_next(context: Context, tmp_path: Path) -> None:
    store = StateStore(tmp_path, 2**30)
    for length in (20, 30):
        context.truncate(0)
        context.evaluate([*words(length), length])
        store.save(context)
    context.truncate(0)
    best = store.find_longest_prefix(context, words(40))
    assert best is not None and best.usable == 30
    best.path.write_bytes(b"\xff" * 100 + best.path.read_bytes()[100:])
    assert store.resume(context, words(40)) == 20
    assert not best.path.exists()


def test_a_longer_state_replaces_what_it_contains(context: Context, tmp_path: Path) -> None:
    store = StateStore(tmp_path, 2**30)
    for length in (20, 30, 40):
        context.evaluate(words(length)[len(context.tokens) :])
        assert store.save(context)
        assert store.save(context), "the same state again is no second file"
        assert len(list(tmp_path.glob("*.kv"))) == 1


@pytest.mark.parametrize("memory", ["mamba", "lfm2"])
def test_a_recurrent_state_serves_as_a_whole_only(memory: str, tmp_path: Path) -> None:
    store = StateStore(tmp_path, 2**30)
    with Model(write_model(tmp_path / "m.gguf", memory)) as model, Context(model, EXACT) as context:
        for length in (20, 30):
            context.evaluate(words(length)[len(context.tokens) :])
            assert store.save(context)
        prompt = [*words(25), 99]
        expected = answer(context, prompt)
        context.truncate(0)
        assert store.resume(context, prompt) == 20
        stats = Stats()
        assert answer(context, prompt, stats) == expected
        assert stats.reused_tokens == 20


def test_the_least_recently_used_goes_first(context: Context, tmp_path: Path) -> None:
    def serves(seed: int) -> bool:
        saved = store.find_longest_prefix(context, words(31, seed=seed))
        return saved is not None and saved.usable == 30

    def save(seed: int) -> None:
        context.truncate(0)
        context.evaluate(words(30, seed=seed))
        assert store.save(context)
        context.truncate(0)

    store = StateStore(tmp_path, 2**30)
    for seed in range(3):
        save(seed)
    states = sorted(tmp_path.glob("*.kv"), key=lambda path: path.stat().st_mtime_ns)
    for i, path in enumerate(states):
        os.utime(path, (1000 + i, 1000 + i))
    store = StateStore(tmp_path, 3 * states[0].stat().st_size + 100)
    assert store.resume(context, words(31, seed=0)) == 30  # used again, so that 1 is the oldest now
    save(3)
    assert [serves(seed) for seed in range(4)] == [True, False, True, True]


def test_a_state_beyond_the_budget_is_not_kept(context: Context, tmp_path: Path) -> None:
    context.evaluate(words(30))
    assert not StateStore(tmp_path, 1000).save(context)
    assert list(tmp_path.iterdir()) == []


_SAVER = """
import sys
from pathlib import Path
from assistant.engine.llama import Context, Model
from assistant.engine.state_store import StateStore
from tests.engine.test_state import EXACT, words
store = StateStore(Path(sys.argv[2]), 200_000)
with Model(Path(sys.argv[1])) as model, Context(model, EXACT) as context:
    for i in range(25):
        seed = int(sys.argv[3]) + i % 9
        if not store.resume(context, words(40, seed=seed)) > 1:
            context.truncate(0)
            context.evaluate(words(39, seed=seed))
            assert store.save(context)
"""


def test_processes_share_the_folder(model: Model, context: Context, tmp_path: Path) -> None:
    saver = [sys.executable, "-c", _SAVER, str(model.path), str(tmp_path)]
    running = [subprocess.Popen([*saver, str(seed)]) for seed in (0, 5)]
    deadline = time.monotonic() + 60
    assert [process.wait(deadline - time.monotonic()) for process in running] == [0, 0]
    states = list(tmp_path.glob("*.kv"))
    assert states and not list(tmp_path.glob("*.part"))
    assert sum(path.stat().st_size for path in states) <= 200_000
    for path in states:
        assert restore_state(context, path) == 39
