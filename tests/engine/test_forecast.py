"""What would fit before the files are here, held against what their headers say once they are."""

from dataclasses import replace

import pytest

from assistant.catalog import embedded
from assistant.engine.fit import HOST_MARGIN
from assistant.engine.forecast import ModelSize, forecast
from assistant.engine.gguf_header import read_header
from assistant.engine.memory import FreeMemory, estimate
from assistant.engine.options import ContextOptions

GIB = 2**30
# DeepSeek-Coder 6.7B as Q4_K_M: half a MiB of KV cache a token.
CODER = ModelSize(4_080_000_000, layers=32, kv_per_token=2**19)


@pytest.mark.parametrize(
    ("gib_free", "context"),
    [(64, 16384), (8, 7168), (5, 1024), (4.7, 0)],
    ids=["all", "some", "least", "none"],
)
def test_the_longest_context_that_fits(gib_free: float, context: int) -> None:
    fits = forecast(CODER, None, 16384, FreeMemory(int(gib_free * GIB)))
    assert fits.context == pytest.approx(context, abs=512 if context not in (0, 16384) else 0)
    assert fits.weights + fits.kv + fits.compute + HOST_MARGIN <= gib_free * GIB or not context
    assert (fits.basis, fits.on_gpu) == ("shape", 0.0)


def test_layers_go_to_the_gpu_as_far_as_its_memory_goes() -> None:
    host = 64 * GIB
    assert forecast(CODER, None, 4096, FreeMemory(host, 24 * GIB)).on_gpu == 1.0
    assert 0.4 < forecast(CODER, None, 4096, FreeMemory(host, 4 * GIB)).on_gpu < 0.6
    shared = forecast(CODER, None, 16384, FreeMemory(8 * GIB, 8 * GIB, unified=True))
    # Without a GPU the scores of attention are written out, which takes a little more.
    assert shared.context == pytest.approx(forecast(CODER, None, 16384, FreeMemory(8 * GIB)).context, rel=0.1)
    apart = forecast(CODER, None, 16384, FreeMemory(8 * GIB, 8 * GIB))
    assert apart.context > shared.context


@pytest.mark.parametrize(
    ("gib_on_gpu", "target", "told"),
    [
        (0, CODER, "4,096 tokens"),
        (24, CODER, "4,096 tokens, all on the GPU"),
        (4, CODER, "4,096 tokens, 18 of 33 layers on the GPU"),
        (4, replace(CODER, layers=None), "4,096 tokens, 57% on the GPU"),
        (4, replace(CODER, layers=None, kv_per_token=None), "at least 4,096 tokens, 58% on the GPU"),
        (0, replace(CODER, weights=2**40), "does not fit"),
    ],
)
def test_what_fits_is_told_in_words(gib_on_gpu: int, target: ModelSize, told: str) -> None:
    assert str(forecast(target, None, 4096, FreeMemory(64 * GIB, gib_on_gpu * GIB))) == told


def test_a_draft_takes_its_part() -> None:
    free = FreeMemory(10 * GIB)
    alone = forecast(CODER, None, 16384, free)
    beside = forecast(CODER, ModelSize(870_000_000), 16384, free)
    assert beside.context < alone.context
    assert beside.weights == alone.weights + 870_000_000


def test_by_the_size_alone_it_promises_no_more() -> None:
    free = FreeMemory(8 * GIB)
    by_size = forecast(replace(CODER, kv_per_token=None), None, 16384, free)
    assert by_size.basis == "size"
    assert by_size.context == pytest.approx(forecast(CODER, None, 16384, free).context, rel=0.1)
    qwen = ModelSize(5_030_000_000, layers=36, kv_per_token=147_456)
    assert forecast(replace(qwen, kv_per_token=None), None, 40960, free).context < (
        forecast(qwen, None, 40960, free).context
    )


def test_it_is_near_what_the_header_says() -> None:
    path = embedded.available()
    assert path is not None
    told = estimate(read_header(path), ContextOptions(n_ctx=8192))
    size = ModelSize(path.stat().st_size, layers=30, kv_per_token=30 * 3 * 64 * 2 * 2)
    fits = forecast(size, None, 8192, FreeMemory(64 * GIB))
    assert fits.kv == told.kv
    assert fits.weights == pytest.approx(told.weights, rel=0.05)
    assert fits.compute >= told.compute
