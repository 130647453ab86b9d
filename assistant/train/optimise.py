"""Fitting a draft to a recording within a time budget, from checkpoint to checkpoint."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from assistant.errors import CoderError, UsageError
from assistant.train.drafts import Draft
from assistant.train.feed import Feed
from assistant.train.loss import draft_loss

_RATE, _LAST_RATE, _WARM_UP = 1e-3, 0.05, 0.04
_LARGEST_GRADIENT = 1.0
_CHECKPOINT_EVERY_S = 60.0
# What takes longer than this was not work: the process was stopped, or the machine slept.
LONGEST_PAUSE_S = 30.0
_SMOOTHING = 0.02


@dataclass(frozen=True, slots=True)
class Fitted:
    """`seconds` of training in `steps` steps, and running means of the loss and of the probability that
    sampling accepts a drafted token."""

    steps: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    acceptance: float = 0.0


def optimise(
    draft: Draft,
    feed: Feed,
    *,
    budget_s: float,
    seed: int,
    checkpoint: Path,
    report: Callable[[Fitted], None],
) -> Fitted:
    """Train `draft` until `budget_s` seconds of training are over, those before `checkpoint` included; it
    goes on from there where that exists. An interruption leaves a checkpoint. Raises UsageError where it is
    damaged, CoderError when it cannot be written."""
    parameters = [p for p in draft.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=_RATE, betas=(0.9, 0.95), weight_decay=0.0)
    fitted = _restore(draft, optimiser, checkpoint)
    device = str(draft.embeddings.device).partition(":")[0]
    quick = torch.autocast(device, torch.bfloat16, enabled=_is_quick_in_bfloat16(device))
    saved = monotonic()
    draft.train()
    try:
        while fitted.seconds < budget_s:
            started = monotonic()
            for group in optimiser.param_groups:
                group["lr"] = _RATE * _schedule(fitted.seconds / budget_s)
            batch = feed.batch(seed, fitted.steps)
            with quick:
                drafted = draft(batch.tokens, batch.states, batch.anchors, batch.truth)
            loss, acceptance = draft_loss(drafted, batch.labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
            optimiser.step()
            accepted = float(acceptance[batch.labels.counts].mean())
            fitted = _advanced(fitted, float(loss.detach()), accepted, monotonic() - started)
            report(fitted)
            if monotonic() - saved > _CHECKPOINT_EVERY_S:
                _save(draft, optimiser, fitted, checkpoint)
                saved = monotonic()
    finally:
        _save(draft, optimiser, fitted, checkpoint)
    draft.eval()
    return fitted


def vocabulary_of(checkpoint: Path) -> npt.NDArray[np.int64] | None:
    """The target's tokens that the draft of a checkpoint can guess, None where there is none."""
    if not checkpoint.exists():
        return None
    vocabulary: npt.NDArray[np.int64] = _load(checkpoint, "cpu")["draft"]["vocabulary"].numpy()
    return vocabulary


def _advanced(fitted: Fitted, loss: float, acceptance: float, seconds: float) -> Fitted:
    share = max(_SMOOTHING, 1 / (fitted.steps + 1))
    return replace(
        fitted,
        steps=fitted.steps + 1,
        seconds=fitted.seconds + min(seconds, LONGEST_PAUSE_S),
        loss=fitted.loss + share * (loss - fitted.loss),
        acceptance=fitted.acceptance + share * (acceptance - fitted.acceptance),
    )


def _schedule(progress: float) -> float:
    """A short linear rise, then half a cosine, by the share of the time that is over."""
    if progress < _WARM_UP:
        return max(progress / _WARM_UP, 0.01)
    fall = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * fall)) / 2


def _is_quick_in_bfloat16(device: str) -> bool:
    """Many CPUs only emulate it."""
    if device != "cpu":
        return True

    def seconds(kind: torch.dtype) -> float:
        a = torch.ones(512, 512, dtype=kind)
        a @ a
        started = perf_counter()
        for _ in range(4):
            a @ a
        return perf_counter() - started

    return seconds(torch.bfloat16) < 0.8 * seconds(torch.float32)


def _restore(draft: Draft, optimiser: torch.optim.Optimizer, path: Path) -> Fitted:
    if not path.exists():
        return Fitted()
    state = _load(path, str(draft.embeddings.device))
    draft.load_state_dict(state["draft"])
    optimiser.load_state_dict(state["optimiser"])
    return Fitted(**state["fitted"])


def _load(path: Path, device: str) -> Any:
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # a damaged file fails in many ways
        raise UsageError(
            f"The checkpoint {path} is damaged: {error}.",
            hint="Remove it and begin the training anew; the recording is kept.",
        ) from error


def _save(draft: Draft, optimiser: torch.optim.Optimizer, fitted: Fitted, path: Path) -> None:
    state = {
        "draft": draft.state_dict(),
        "optimiser": optimiser.state_dict(),
        "fitted": {name: getattr(fitted, name) for name in Fitted.__slots__},
    }
    making = path.with_suffix(".making")
    try:
        with making.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    except (OSError, RuntimeError) as error:
        making.unlink(missing_ok=True)
        raise CoderError(
            f"The checkpoint {path} cannot be written: {error}.",
            hint="Make room and go on with --resume from the last one.",
        ) from error
