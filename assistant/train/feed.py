"""From a recording to what a draft is trained and measured on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assistant.train.loss import Labels
from assistant.train.recording import Answer, Recording, Rows

_SEQUENCES, _ANCHORS = 4, 64
_SAMPLED = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """Arguments of a draft and the labels of what it drafts. `truth` is 0 behind the end of the text."""

    tokens: Tensor
    states: Tensor
    anchors: Tensor
    truth: Tensor
    labels: Labels


class Feed:
    """Batches of a recording for drafts that guess `draft` tokens out of `vocabulary`."""

    def __init__(
        self, recording: Recording, vocabulary: npt.NDArray[np.int64], n_vocab: int, draft: int, device: str
    ) -> None:
        self._recording = recording
        self._draft = draft
        self._device = device
        self._row_of = np.full(n_vocab, -1, np.int64)
        self._row_of[vocabulary] = np.arange(len(vocabulary))
        usable = [answer for answer in recording.answers if answer.length - answer.prompt >= 2]
        self.training = [answer for answer in usable if not answer.held_out]
        self.held_out = [answer for answer in usable if answer.held_out]

    def batch(self, seed: int, step: int) -> Batch:
        """Anchors at random in a few answers, the same for the same `seed` and `step`. All answers come once
        before any comes again."""
        random = np.random.default_rng([seed, step])
        places = np.arange(step * _SEQUENCES, (step + 1) * _SEQUENCES)
        rounds, places = np.divmod(places, len(self.training))
        order = {r: np.random.default_rng([seed, r, 1]).permutation(len(self.training)) for r in set(rounds)}
        answers = [self.training[order[r][place]] for r, place in zip(rounds, places, strict=True)]
        anchors = [np.sort(random.choice(_anchors(answer), _ANCHORS)) for answer in answers]
        return self._batch([self._recording.read(answer) for answer in answers], np.stack(anchors))

    def whole(self, answer: Answer) -> Iterator[Batch]:
        """Every anchor of one answer, in order."""
        rows, anchors = self._recording.read(answer), _anchors(answer)
        for start in range(0, len(anchors), _ANCHORS):
            yield self._batch([rows], anchors[None, start : start + _ANCHORS])

    def scales(self) -> npt.NDArray[np.float32]:
        """The standard deviation `[width]` of each value of the states, over a few answers."""
        some = self.training[:: max(1, len(self.training) // _SAMPLED)][:_SAMPLED]
        rows = np.concatenate([self._recording.read(answer).states[1:-1] for answer in some])
        return np.asarray(rows.astype(np.float32).std(axis=0) + 1e-6)

    def _batch(self, parts: Sequence[Rows], anchors: npt.NDArray[np.int64]) -> Batch:
        longest = max(map(len, parts)) + self._draft
        tokens = np.stack([_padded(part.tokens, longest) for part in parts]).astype(np.int64)
        ends = np.asarray([len(part) for part in parts])[:, None, None]
        ahead = anchors[..., None] + np.arange(1, self._draft + 1)
        counts = ahead < ends
        which = np.arange(len(parts))[:, None, None]
        truth = np.where(counts, tokens[which, ahead], 0)
        top_tokens = np.stack([_padded(part.top_tokens, longest) for part in parts])[which, ahead - 1]
        top_shares = np.stack([_padded(part.top_shares, longest) for part in parts])[which, ahead - 1]
        width = max(map(len, parts))
        states = np.stack([_padded(part.states, width) for part in parts])
        return Batch(
            self._tensor(tokens[:, :width]),
            self._tensor(states).float(),
            self._tensor(anchors),
            self._tensor(truth),
            Labels(
                self._tensor(np.where(counts, self._row_of[truth], -1)),
                self._tensor(self._row_of[top_tokens]),
                self._tensor(top_shares).float(),
                self._tensor(counts),
            ),
        )

    def _tensor(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)


def frequent_tokens(recording: Recording, n_vocab: int, most: int) -> tuple[npt.NDArray[np.int64], float]:
    """The `most` tokens that the target says most often, ascending, and their share of all that it says."""
    counts = np.zeros(n_vocab, np.int64)
    for answer in recording.answers:
        if not answer.held_out:
            said = recording.read(answer).tokens[answer.prompt :]
            counts += np.bincount(said, minlength=n_vocab)
    chosen = np.sort(np.argsort(-counts, kind="stable")[:most])
    return chosen, float(counts[chosen].sum() / max(counts.sum(), 1))


def _anchors(answer: Answer) -> npt.NDArray[np.int64]:
    """Positions of the answer's tokens that another one follows."""
    return np.arange(answer.prompt, answer.length - 1)


def _padded(array: npt.NDArray[np.generic], length: int) -> npt.NDArray[np.generic]:
    out = np.zeros((length, *array.shape[1:]), array.dtype)
    out[: len(array)] = array
    return out
