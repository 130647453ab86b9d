"""What torch drafts is what llama.cpp drafts from the exported file, for every method."""

from pathlib import Path

import numpy as np
import pytest

from assistant.engine.llama import Context, HiddenStates, Model
from assistant.train.recording import TOP, Recording, Rows
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT

torch = pytest.importorskip("torch", reason="torch is in the extra [train], not in [dev]")

from torch import Tensor  # noqa: E402

from assistant.engine.drafters.worth import ACCEPTANCE  # noqa: E402
from assistant.engine.gguf_header import GgufArray, read_header  # noqa: E402
from assistant.train.drafts import Draft, Drafted, DraftShape, Method, make_draft  # noqa: E402
from assistant.train.evaluate import calibration_error, summary, walk  # noqa: E402
from assistant.train.export import agreement, export  # noqa: E402
from assistant.train.feed import Feed, frequent_tokens  # noqa: E402
from assistant.train.target import layer_shape, read_weights, tapped_layers  # noqa: E402

TOKENS = [1, *np.random.default_rng(5).integers(3, 285, 80).tolist()]


def record(target: Path, folder: Path, layers: list[int]) -> Recording:
    """`TOKENS`, as if the target had said all but the first ten."""
    with Model(target) as model, Context(model, EXACT) as context:
        states = HiddenStates(context, layers)
        context.evaluate(TOKENS)
        seen = states.read(len(TOKENS))
    assert seen is not None
    recording = Recording(folder, {"width": seen.shape[1]})
    top = np.zeros((len(TOKENS), TOP))
    likeliest = top.astype(np.int32), top.astype(np.float16)
    rows = Rows(np.asarray(TOKENS, np.int32), seen.astype(np.float16), *likeliest)
    for sample, held_out in enumerate((False, True)):
        recording.append(rows, key="0" * 16, sample=sample, source="code", held_out=held_out, prompt=10)
    return recording


def random_draft(method: Method, target: Path, vocabulary: np.ndarray, states: int) -> Draft:
    shape = DraftShape(method, layer_shape(target), states, draft=4, layers=1, rank=16, mask=0)
    torch.manual_seed(1)
    draft = make_draft(shape, read_weights(target), torch.from_numpy(vocabulary))
    with torch.no_grad():
        draft.scales.uniform_(0.5, 2.0)
        for name, value in draft.named_parameters():
            value.add_(torch.randn_like(value) * (0.1 if value.ndim == 1 else value.shape[-1] ** -0.5))
            if name == "markov_w1.weight":
                value.mul_(2)
    return draft


@pytest.mark.parametrize("method", ["dspark", "dflash", "eagle3"])
@pytest.mark.parametrize(("architecture", "reduced"), [("llama", 120), ("qwen3", 0)])
def test_an_exported_draft_drafts_the_same(
    method: Method, architecture: str, reduced: int, tmp_path: Path
) -> None:
    target = tiny.target(architecture).write(tmp_path / "target.gguf")  # type: ignore[arg-type]
    layers = tapped_layers(target)
    with record(target, tmp_path / "recording", layers) as recording:
        vocabulary, coverage = frequent_tokens(recording, 285, reduced or 285)
        assert coverage == 1.0
        draft = random_draft(method, target, vocabulary, recording.width)
        feed = Feed(recording, vocabulary, 285, 4, "cpu")
        out = tmp_path / "draft.gguf"
        agreed = export(
            draft,
            target,
            layers,
            (0.5, 0.25),
            out,
            lambda path: agreement(path, target, draft, feed, recording),
        )
        assert agreed >= 0.9, "up to near ties"
        assert read_header(out).of_architecture(ACCEPTANCE) == GgufArray(2, (0.5, 0.25))
        assert agreement(out, target, draft, feed, recording) == agreed
        draft.fc.weight.data.mul_(-1)
        assert agreement(out, target, draft, feed, recording) < 0.5


class Copycat(Draft):
    """Drafts the text itself but for every third token."""

    def forward(
        self, tokens: Tensor, states: Tensor, anchors: Tensor, truth: Tensor | None = None
    ) -> Drafted:
        places = anchors[..., None] + torch.arange(1, 5)
        guess = torch.where(places % 3 == 0, 0, torch.tensor(TOKENS + [0] * 8)[places])
        return Drafted(guess, guess, None)


def test_acceptance_is_counted_as_decoding_would(tmp_path: Path) -> None:
    target = tiny.target().write(tmp_path / "target.gguf")
    with record(target, tmp_path / "recording", [1, 2, 3]) as recording:
        feed = Feed(recording, np.arange(285), 285, 4, "cpu")
        shape = DraftShape("dflash", layer_shape(target), recording.width, 4, layers=1, rank=1, mask=0)
        copycat = Copycat(shape, read_weights(target), torch.arange(282))
        found = summary(list(walk(copycat, feed, feed.held_out)), 4)
    # Token 12 ends the draft behind token 10; from then on each pass gives two drafted tokens and its own.
    passes = 1 + -(-(len(TOKENS) - 13) // 3)
    assert found.mean_accepted_length == pytest.approx((len(TOKENS) - 11) / passes)
    assert found.by_position[0] == pytest.approx(2 / 3, abs=0.02)
    assert found.by_source == {"code": found.mean_accepted_length}


def test_calibration_error_is_the_mean_gap_between_confidence_and_acceptance() -> None:
    sure = np.asarray([0.95] * 10 + [0.25] * 10)
    right = np.asarray([1.0] * 9 + [0.0] + [1.0] * 5 + [0.0] * 5)
    assert calibration_error(sure, right) == pytest.approx((0.05 + 0.25) / 2)
