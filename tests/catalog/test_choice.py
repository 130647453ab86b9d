"""Which quantization is pulled for which machine, and the reason that is given."""

import pytest

from assistant.catalog.choice import choose
from assistant.catalog.manifest import Manifest, find_manifest
from assistant.engine.memory import FreeMemory
from assistant.errors import ModelError, UsageError
from assistant.sizes import as_size

GIB = 2**30


@pytest.mark.parametrize(
    ("model", "host", "gpu", "taken", "reason"),
    [
        ("qwen3-8b", 64, 0, "Q4_K_M", "the usual one"),
        ("qwen3-8b", 64, 80, "Q8_0", "the largest that this GPU holds entirely"),
        ("qwen3-8b", 64, 12, "Q4_K_M", "the largest that this GPU holds entirely"),
        ("qwen3-8b", 64, 4, "Q4_K_M", "the usual one"),
        ("deepseek-coder-33b", 21, 0, "Q3_K_M", "the best that fits"),
        ("deepseek-coder-33b", 18, 0, "Q2_K", "the one that leaves most room"),
    ],
)
def test_what_suits_the_memory_is_taken_and_why(
    model: str, host: int, gpu: int, taken: str, reason: str
) -> None:
    choice = choose(find_manifest(model), FreeMemory(host * GIB, gpu * GIB))
    assert choice.selection.target.quantization == taken, choice.reason
    assert reason in choice.reason
    assert f"{as_size(host * GIB)} are free" in choice.reason


def test_what_does_not_fit_is_not_pulled_unless_it_is_asked_for() -> None:
    manifest = find_manifest("deepseek-coder-33b")
    with pytest.raises(ModelError, match="does not fit this machine") as raised:
        choose(manifest, FreeMemory(8 * GIB))
    assert "--quantization Q2_K" in raised.value.hint
    asked = choose(manifest, FreeMemory(8 * GIB), "Q5_0")
    assert (asked.selection.target.quantization, asked.reason) == ("Q5_0", "")
    with pytest.raises(UsageError, match="has no Q9"):
        choose(manifest, FreeMemory(8 * GIB), "Q9")


def test_where_there_is_one_nothing_is_chosen(manifest: Manifest) -> None:
    assert choose(manifest, FreeMemory(GIB)).reason == ""
