"""`coder train-draft` from prompts to a draft, for a tiny target that is nearly a Markov chain."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from assistant.errors import ExitCode
from tests.cli.coder import Ran, coder
from tests.engine import tiny_drafts as tiny
from tests.engine.tiny_gguf import write_tiny

torch = pytest.importorskip("torch", reason="torch is in the extra [train], not in [dev]")

from assistant.train import answers, feed, optimise, run  # noqa: E402
from assistant.train.optimise import Fitted  # noqa: E402

Train = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A target and some prompts; answers and batches are small."""
    tiny.target("llama", mixing=0.0, chained=True).write(tmp_path / "target.gguf")
    lines = [json.dumps({"turns": [f"tell me of {word}"]}) for word in "abcdefghijklmnopqrstuvwxyz"]
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines))
    for module, name, value in (
        (answers, "_LONGEST_ANSWER", 48),
        (answers, "_LONGEST_PROMPT", 80),
        (answers, "_SLOTS", 8),
        (feed, "_SEQUENCES", 2),
        (feed, "_ANCHORS", 24),
    ):
        monkeypatch.setattr(module, name, value)
    ticks = count()
    for module in (run, optimise):  # a clock of passes and steps: budgets do not depend on the machine
        monkeypatch.setattr(module, "monotonic", lambda: next(ticks) / 50)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def train(folder: Path) -> Train:
    def command(*args: str) -> Ran:
        return coder("train-draft", "--target", "./target.gguf", "--data", "prompts.jsonl", *args)

    return command


@pytest.mark.parametrize(("method", "learnt"), [("dspark", 0.5), ("dflash", 0.15), ("eagle3", 0.5)])
def test_a_draft_is_trained_that_llama_cpp_runs(
    method: str, learnt: float, train: Train, folder: Path
) -> None:
    """Of some 280 tokens one follows; DFlash has no short way to it, and has learnt the less."""
    ran = train("--method", method, "--draft-vocab", "96", "--block", "4", "--time", "5s", "--json")
    assert ran.code == ExitCode.DONE, ran.err
    said = json.loads(ran.out)
    assert said["agreement"] > 0.9
    assert said["acceptance"]["by_position"][0] > learnt
    assert len(said["acceptance"]["by_position"]) == 4
    assert said["acceptance"]["answers"] == 2, "odd lines, one for every sixteen answers"
    assert (folder / f"target.{method}.gguf").stat().st_size == said["bytes"]
    assert not list(folder.glob(".*.making"))


def test_an_interrupted_training_goes_on_where_it_was(
    train: Train, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = optimise.optimise
    begun: list[Fitted] = []

    def interrupted(*args: object, report: Callable[[Fitted], None], **options: object) -> Fitted:
        def stop(fitted: Fitted) -> None:
            begun.append(fitted)
            if fitted.steps == 3:
                raise KeyboardInterrupt

        return whole(*args, report=stop, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(run, "optimise", interrupted)
        ran = train("--time", "3s")
    assert ran.code == ExitCode.INTERRUPTED
    assert "--resume" in ran.err
    assert not (folder / "target.dspark.gguf").exists()
    refused = train("--time", "3s")
    assert refused.code == ExitCode.USAGE
    assert "was interrupted" in refused.err
    ran = train("--time", "3s", "--resume", "--json")
    assert ran.code == ExitCode.DONE, ran.err
    fitted = json.loads(ran.out)["fitted"]
    assert fitted["steps"] > 3
    assert fitted["seconds"] < 3 * 0.6 + 1
    again = train("--time", "3s")
    assert again.code == ExitCode.USAGE
    assert "exists already" in again.err


def test_an_export_that_fails_leaves_no_file(
    train: Train, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "agreement", lambda *_: 0.1)
    ran = train("--time", "3s")
    assert ran.code == ExitCode.NO_MODEL
    assert "10% of the tokens" in ran.err
    assert not list(folder.glob("*dspark*")) + list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("architecture", "args", "code", "said"),
    [
        ("mamba", (), ExitCode.NO_MODEL, "gives no layer inputs of mamba models"),
        ("llama", ("--data", "nowhere"), ExitCode.USAGE, "no file or folder nowhere"),
        ("llama", ("--out", "prompts.jsonl/d.gguf"), ExitCode.USAGE, "prompts.jsonl takes no files"),
        ("llama", ("--time", "soon"), ExitCode.USAGE, "'soon' is no time"),
        ("llama", ("--method", "medusa"), ExitCode.USAGE, "medusa"),
    ],
)
def test_bad_input_is_told(
    architecture: str,
    args: tuple[str, ...],
    code: ExitCode,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    target = write_tiny(tmp_path / "target.gguf", "mamba" if architecture == "mamba" else "llama")
    if "nowhere" in args or "--out" in args:
        tiny.target().write(target)
    (tmp_path / "prompts.jsonl").write_text('{"turns": ["hello"]}\n')
    ran = coder("train-draft", "--target", str(target), "--data", str(tmp_path), *args)
    assert ran.code == code
    assert said in ran.err
