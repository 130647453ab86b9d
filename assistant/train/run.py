"""`coder train-draft` from beginning to end: answers, training, measuring, export.

What an interrupted stage has done is on disk: the recording grows answer by answer, and training leaves
checkpoints. A recording serves every method and seed that is trained for the same target on the same data.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from assistant.chat.families import detect_family
from assistant.engine.llama import Model, check_hidden_states, default_threads
from assistant.errors import CoderError, UsageError
from assistant.train.answers import record_answers
from assistant.train.data import Prompt, gather_prompts, schedule
from assistant.train.drafts import Draft, DraftShape, Method, make_draft
from assistant.train.evaluate import Acceptance, Walk, calibrate, summary, walk
from assistant.train.export import agreement, export
from assistant.train.feed import Feed, frequent_tokens
from assistant.train.optimise import LONGEST_PAUSE_S, Fitted, optimise, vocabulary_of
from assistant.train.recording import Recording, row_bytes
from assistant.train.target import layer_shape, read_weights, tapped_layers

_ANSWERS_SHARE = 0.4
_RANK = 64
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Order:
    """What to train: a draft by `method` for `target`, on `data`, within `budget_s` seconds and `disk_gib`.
    `work` is where recordings and checkpoints are kept; with `resume` a checkpoint is gone on from."""

    target: Path
    family: str | None
    data: tuple[Path, ...]
    out: Path
    method: Method
    draft: int
    layers: int
    vocabulary: int
    budget_s: float
    disk_gib: float
    seed: int
    resume: bool
    work: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` of a stage is done; `seconds_left` where that is known."""

    stage: str
    fraction: float
    detail: str = ""
    seconds_left: float | None = None


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it. `coverage` is the share of the target's words that the draft's vocabulary has,
    `calibration_error` that of the confidence head, `agreement` how much of it llama.cpp drafts alike."""

    file: Path
    bytes: int
    method: Method
    answers: int
    tokens: int
    recording: Path
    recording_bytes: int
    coverage: float
    fitted: Fitted
    acceptance: Acceptance
    calibration_error: float | None
    agreement: float

    def as_dict(self) -> dict[str, Any]:
        fitted = {name: getattr(self.fitted, name) for name in Fitted.__slots__}
        flat = {name: getattr(self, name) for name in self.__slots__}
        return flat | {
            "file": str(self.file),
            "recording": str(self.recording),
            "fitted": fitted,
            "acceptance": asdict(self.acceptance),
        }


def train_draft(order: Order, report: Report) -> Trained:
    """Raises ModelError for a target that no draft can be trained for, UsageError for data that hold nothing
    and where an unfinished run is in the way, CoderError when the disk is full. Each leaves what was done."""
    layers = tapped_layers(order.target)
    check_hidden_states()
    _check_place(order.out)
    report(Progress("gathering prompts", 0.0))
    prompts = gather_prompts(order.data)
    folder = order.work / f"{order.target.stem}-{_fingerprint(order.target, prompts)}"
    name = f"{order.method}-{order.draft}-{order.layers}-{order.vocabulary}-{order.seed}.pt"
    checkpoint = folder / name
    if checkpoint.exists() and not order.resume:
        raise UsageError(
            f"Training of this draft was interrupted; it lies in {checkpoint}.",
            hint="Go on with --resume, or remove that file to begin anew.",
        )
    torch.set_num_threads(default_threads())
    shape = layer_shape(order.target)
    answering = _Clock(folder / "seconds")
    facts = {"target": order.target.name, "layers": layers, "width": len(layers) * shape.embedding}
    with Recording(folder, facts) as recording:
        n_vocab, mask = _record(order, layers, prompts, recording, answering, report)
        # What answering did not need, because the disk or the prompts were at an end, goes to training.
        training_s = order.budget_s - min(answering.seconds, order.budget_s * _ANSWERS_SHARE)
        draft_shape = DraftShape(order.method, shape, recording.width, order.draft, order.layers, _RANK, mask)
        vocabulary = vocabulary_of(checkpoint)
        frequent, coverage = frequent_tokens(recording, n_vocab, order.vocabulary or n_vocab)
        vocabulary = frequent if vocabulary is None else vocabulary
        device = "cuda" if torch.cuda.is_available() else "cpu"
        feed = Feed(recording, vocabulary, n_vocab, order.draft, device)
        if not feed.training:
            raise CoderError(
                f"The target answered {len(recording.answers)} prompts, too few to train on.",
                hint="Allow more time with --time, or give more --data.",
            )
        torch.manual_seed(order.seed)
        draft = make_draft(draft_shape, read_weights(order.target), torch.from_numpy(vocabulary))
        draft.scales.copy_(torch.from_numpy(feed.scales()))
        draft = draft.to(device)
        fitted = optimise(
            draft,
            feed,
            budget_s=training_s,
            seed=order.seed,
            checkpoint=checkpoint,
            report=lambda fitted: report(_training(fitted, training_s)),
        )
        walks = _measure(draft, feed, report)
        acceptance = summary(walks, order.draft)
        error = calibrate(draft, walks)
        report(Progress("exporting", 0.0))
        agreed = export(
            draft,
            order.target,
            layers,
            acceptance.by_position,
            order.out,
            lambda path: agreement(path, order.target, draft, feed, recording),
        )
        checkpoint.unlink(missing_ok=True)
        return Trained(
            file=order.out,
            bytes=order.out.stat().st_size,
            method=order.method,
            answers=len(recording.answers),
            tokens=recording.tokens,
            recording=folder,
            recording_bytes=recording.bytes,
            coverage=coverage,
            fitted=fitted,
            acceptance=acceptance,
            calibration_error=error,
            agreement=agreed,
        )


def _check_place(out: Path) -> None:
    """Hours of work are not begun for a file that cannot be written."""
    if out.exists():
        raise UsageError(f"{out} exists already.", hint="Give another --out, or remove it.")
    folder = next(parent for parent in out.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{out} cannot be written: {folder} takes no files.", hint="Give another --out.")


def _record(
    order: Order,
    layers: Sequence[int],
    prompts: Sequence[Prompt],
    recording: Recording,
    spent: "_Clock",
    report: Report,
) -> tuple[int, int]:
    """Let the target answer for its share of the time. Returns the size of its vocabulary and the token that
    may stand for one to be guessed."""
    budget = order.budget_s * _ANSWERS_SHARE
    most = int(order.disk_gib * _GIB) // row_bytes(recording.width)
    before, requests = recording.tokens, schedule(prompts)
    started, passes = spent.seconds, 0

    def go_on() -> bool:
        nonlocal passes
        passes += 1
        seconds = spent.tick()
        done = max(seconds / budget, recording.tokens / most, len(recording.answers) / len(requests))
        rate = (recording.tokens - before) / max(seconds - started, 1e-9)
        detail = (
            f"{len(recording.answers)} answers, {recording.tokens:,} tokens, {rate:.0f} tokens/s, "
            f"{recording.bytes / _GIB:.2f} of at most {order.disk_gib:g} GiB in {recording.folder}"
        )
        report(Progress("answering", min(done, 1.0), detail, max(budget - seconds, 0.0)))
        return done < 1.0 and (passes % 64 != 0 or recording.has_room())

    with Model(order.target) as model:
        if spent.seconds < budget and recording.tokens < most and recording.has_room():
            family = detect_family(model.chat_template, model.architecture, order.family or model.name)
            record_answers(model, family, layers, requests, recording, go_on)
        return model.n_vocab, _mask(model)


class _Clock:
    """Seconds of a stage over all its runs, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.seconds = float(path.read_text("utf-8"))
        except (OSError, ValueError):
            self.seconds = 0.0
        self._last = self._kept = monotonic()

    def tick(self) -> float:
        now = monotonic()
        self.seconds += min(now - self._last, LONGEST_PAUSE_S)
        self._last = now
        if now - self._kept > 1.0:
            self._path.write_text(f"{self.seconds:.1f}", "utf-8")
            self._kept = now
        return self.seconds


def _mask(model: Model) -> int:
    """The target's own mask token, else a control token that is not said: the last one."""
    if model.mask >= 0:
        return model.mask
    control = (t for t in reversed(range(model.n_vocab)) if model.is_control(t) and not model.is_end(t))
    return next(control, max(model.bos, 0))


def _training(fitted: Fitted, budget_s: float) -> Progress:
    left = max(budget_s - fitted.seconds, 0.0)
    detail = (
        f"step {fitted.steps}, {1000 * fitted.seconds / fitted.steps:.0f} ms each, loss {fitted.loss:.3f}, "
        f"acceptance {fitted.acceptance:.1%}"
    )
    return Progress("training", min(fitted.seconds / budget_s, 1.0), detail, left)


def _measure(draft: Draft, feed: Feed, report: Report) -> list[Walk]:
    """On what was held out; on some of what was trained on only where nothing was."""
    answers = feed.held_out or feed.training[:8]
    walks = []
    for done, one in enumerate(walk(draft, feed, answers), 1):
        walks.append(one)
        report(Progress("measuring", done / len(answers), f"{done} of {len(answers)} held-out answers"))
    return walks


def _fingerprint(target: Path, prompts: Sequence[Prompt]) -> str:
    """Of the target's file, by its size and both its ends, and of the prompts."""
    digest = blake2b(digest_size=4)
    with target.open("rb") as file:
        size = file.seek(0, 2)
        for place in (0, max(size - 2**20, 0)):
            file.seek(place)
            digest.update(file.read(2**20))
    digest.update(str(size).encode())
    digest.update(np.asarray([int(p.key, 16) for p in prompts], np.uint64).tobytes())
    return digest.hexdigest()
