"""The KV state of sequence 0 as bytes: streamed to a file and back, and snapshots in memory."""

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

_PARTIAL = llama_cpp.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
_MOST_SNAPSHOTS, _MOST_BYTES = 8, 2**30


def state_bytes(handle: Any) -> int:
    """How large a file `write_state` makes."""
    return int(llama_cpp.llama_state_seq_get_size(handle, 0))


def write_state(handle: Any, path: Path) -> bool:
    """Stream the state to `path` without a copy in memory. False when llama.cpp could not write it."""
    nothing = (llama_cpp.llama_token * 1)()
    return bool(llama_cpp.llama_state_seq_save_file(handle, str(path).encode(), 0, nothing, 0))


def read_state(handle: Any, path: Path) -> bool:
    """Replace the state by that of `path`, which may go on behind it. False when llama.cpp refuses;
    the state is undefined then."""
    nothing, count = (llama_cpp.llama_token * 1)(), ctypes.c_size_t()
    encoded = str(path).encode()
    return bool(llama_cpp.llama_state_seq_load_file(handle, encoded, 0, nothing, 0, ctypes.byref(count)))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    length: int
    data: npt.NDArray[np.uint8]


class Checkpoints:
    """Snapshots of a memory that cannot drop a suffix, so that it can go back to where one was taken.

    A snapshot holds what cannot be cut: recurrent states, not the attention cache of a hybrid model.
    At most 8 are kept, spread over the text: what a change in the middle costs stays small."""

    def __init__(self, handle: Any, memory: Any) -> None:
        self._handle, self._memory = handle, memory
        self._snapshots: list[_Snapshot] = []

    def take(self, length: int) -> None:
        """Keep the state after `length` tokens, which must be those evaluated now."""
        if self._snapshots and self._snapshots[-1].length >= length:
            return
        data = np.empty(llama_cpp.llama_state_seq_get_size_ext(self._handle, 0, _PARTIAL), np.uint8)
        if llama_cpp.llama_state_seq_get_data_ext(self._handle, _bytes(data), data.size, 0, _PARTIAL):
            self._snapshots.append(_Snapshot(length, data))
        while len(self._snapshots) > _MOST_SNAPSHOTS or self._total > _MOST_BYTES:
            self._thin_out()

    def go_back(self, length: int) -> int:
        """Restore the latest snapshot of at most `length` tokens and return its length, 0 where there
        is none. Later snapshots are of a text that is gone, and are dropped."""
        while self._snapshots:
            latest = self._snapshots[-1]
            if latest.length <= length:
                restored = llama_cpp.llama_state_seq_set_data_ext(
                    self._handle, _bytes(latest.data), latest.data.size, 0, _PARTIAL
                )
                if restored and llama_cpp.llama_memory_seq_rm(self._memory, 0, latest.length, -1):
                    return latest.length
            self._snapshots.pop()
        return 0

    @property
    def _total(self) -> int:
        return sum(snapshot.data.size for snapshot in self._snapshots)

    def _thin_out(self) -> None:
        """Drop the snapshot whose absence leaves the smallest gap; the latest one stays."""
        lengths = [0, *(snapshot.length for snapshot in self._snapshots)]
        gaps = [after - before for before, after in zip(lengths, lengths[2:], strict=False)]
        del self._snapshots[gaps.index(min(gaps)) if gaps else 0]


def _bytes(data: npt.NDArray[np.uint8]) -> Any:
    return data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
