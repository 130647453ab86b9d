"""Whether a draft pays: a verdict by the numbers, and a measurement of a real pair."""

from pathlib import Path

import pytest

from assistant.bench.pair import WAYS, PairResult, Verdict, try_draft
from assistant.catalog.resolve import ModelFiles
from assistant.cli.setup import load_generator
from assistant.engine.stats import Stats
from assistant.errors import ModelError
from tests.engine.tiny_gguf import write_tiny


def result(*ratios: float, drafted: int = 10) -> PairResult:
    stats = Stats()
    if drafted:
        stats.count("model", drafted, drafted // 2)
    plain = [10.0 * (i + 1) for i in range(len(ratios))]
    with_draft = [speed * ratio for speed, ratio in zip(plain, ratios, strict=True)]
    return PairResult(
        {"plain": plain, "without the draft": plain, "with the draft": with_draft}, stats, "model"
    )


@pytest.mark.parametrize(
    ("ratios", "drafted", "verdict"),
    [
        ((1.5, 1.4, 1.3, 0.9), 10, "pays"),
        ((0.8, 0.9, 0.7), 10, "costs"),
        ((1.02, 1.01, 1.0), 10, "makes no difference"),
        ((1.5, 1.4, 0.7, 0.6), 10, "makes no difference"),
        ((1.5, 1.5, 1.5), 0, "is not worth asking"),
    ],
)
def test_the_verdict_follows_the_numbers(ratios: tuple[float, ...], drafted: int, verdict: Verdict) -> None:
    told = result(*ratios, drafted=drafted)
    assert told.verdict == verdict
    assert told.as_dict()["acceptance_rate"] == (0.5 if drafted else 0.0)


def test_a_pair_is_measured_in_all_three_ways(tmp_path: Path) -> None:
    target, draft = (write_tiny(tmp_path / f"{name}.gguf") for name in ("target", "draft"))
    generator = load_generator(ModelFiles("tiny", target, draft), lambda *_: None, context_tokens=512)
    measured = try_draft(generator, 0.1, lambda *_: None)
    generator.close()
    assert len({len(measured.tps[way]) for way in WAYS}) == 1
    assert all(speed > 0 for tps in measured.tps.values() for speed in tps)
    assert measured.draft == "model"


def test_without_a_draft_there_is_nothing_to_try(tmp_path: Path) -> None:
    files = ModelFiles("tiny", write_tiny(tmp_path / "target.gguf"))
    generator = load_generator(files, lambda *_: None, context_tokens=512)
    with pytest.raises(ModelError, match="without a draft"):
        try_draft(generator, 0.1, lambda *_: None)
    generator.close()
