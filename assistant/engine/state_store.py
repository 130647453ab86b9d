"""A folder of saved KV states within a size budget, shared by all processes of a user."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

import numpy as np
from filelock import FileLock, Timeout

from assistant.engine.llama import Context
from assistant.engine.prefix import common_prefix
from assistant.engine.state import StateError, owner, read_tokens, restore_state, save_state

_STALE_PART_S = 3600.0
_LOCK_S = 10.0


@dataclass(frozen=True, slots=True)
class Saved:
    """A state in the store; its first `usable` tokens serve the prompt that it was found for."""

    path: Path
    tokens: tuple[int, ...]
    usable: int


class StateStore:
    """At most `budget_bytes` of states in `folder`, the least recently used going first.

    Files appear whole and vanish whole, so that several processes may use the folder at once: who
    loses a race evaluates a prompt."""

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self._folder, self._budget = folder, budget_bytes

    def save(self, context: Context) -> Path | None:
        """Keep the state of `context`; where it is now. None when it is empty, larger than the budget, or
        cannot be written; nothing is lost but time then."""
        if not context.tokens or context.state_bytes > self._budget:
            return None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(context)
            if path.exists():
                path.touch()
                return path
            save_state(context, path)
        except (StateError, OSError):
            return None
        self._drop_contained(context, path)
        self._evict(path)
        return path

    def tokens_of(self, context: Context, path: Path) -> list[int]:
        """The token ids in a state of this store; none where it is gone, damaged, or not of a model and
        configuration like those of `context`."""
        try:
            mine = path.parent == self._folder and path.name.startswith(f"{_key(context)}-")
            return read_tokens(path) if mine else []
        except StateError:
            return []

    def find_longest_prefix(self, context: Context, tokens: Sequence[int]) -> Saved | None:
        """The state that serves most of `tokens` in `context`, or None."""
        return next(iter(self._serving(context, tokens)), None)

    def resume(self, context: Context, tokens: Sequence[int]) -> int:
        """Restore the state that serves most of `tokens`, unless what `context` holds serves as well.
        Returns how many of them need no evaluation now. A damaged file is deleted."""
        held = common_prefix(context.tokens, tokens)
        if not context.can_drop_suffix:
            held = _usable(context, context.tokens, tokens)
        for saved in self._serving(context, tokens):
            if saved.usable <= held:
                break
            try:
                restore_state(context, saved.path)
            except StateError:
                held = min(held, len(context.tokens))
                _delete(saved.path)
                continue
            with suppress(OSError):
                saved.path.touch(exist_ok=True)
            return saved.usable
        return held

    def _serving(self, context: Context, tokens: Sequence[int]) -> list[Saved]:
        """States with something to give, the best first."""
        found = [
            Saved(path, tuple(saved), _usable(context, saved, tokens))
            for path, saved in self._states_of(context)
        ]
        return sorted((s for s in found if s.usable > 0), key=lambda s: s.usable, reverse=True)

    def _path(self, context: Context) -> Path:
        tokens = hashlib.sha256(np.asarray(context.tokens, "<i4").tobytes()).hexdigest()
        return self._folder / f"{_key(context)}-{tokens[:24]}.kv"

    def _states_of(self, context: Context) -> Iterator[tuple[Path, list[int]]]:
        try:
            paths = list(self._folder.glob(f"{_key(context)}-*.kv"))
        except (StateError, OSError):
            return
        for path in paths:
            with suppress(StateError):
                yield path, read_tokens(path)

    def _drop_contained(self, context: Context, path: Path) -> None:
        """A state that the new one begins with serves no prompt that the new one does not."""
        if _whole_only(context, len(context.tokens)):
            return
        for other, tokens in self._states_of(context):
            if other != path and common_prefix(tokens, context.tokens) == len(tokens):
                _delete(other)

    def _evict(self, newest: Path) -> None:
        """Bring the folder within its budget, and clear away what broken-off writes left."""
        with suppress(Timeout, OSError), FileLock(self._folder / ".lock", timeout=_LOCK_S):
            for part in self._folder.glob("*.part"):
                if time() - part.stat().st_mtime > _STALE_PART_S:
                    _delete(part)
            states = [(path.stat(), path) for path in self._folder.glob("*.kv") if path != newest]
            total = newest.stat().st_size + sum(stat.st_size for stat, _ in states)
            for stat, path in sorted(states, key=lambda state: state[0].st_mtime):
                if total <= self._budget:
                    break
                _delete(path)
                total -= stat.st_size


def _usable(context: Context, saved: Sequence[int], tokens: Sequence[int]) -> int:
    """How many of `tokens` a state of `saved` serves. The last prompt token is evaluated in any case."""
    if len(saved) > context.size:
        return 0
    shared = min(common_prefix(saved, tokens), len(tokens) - 1)
    return shared if shared == len(saved) or not _whole_only(context, len(saved)) else 0


def _whole_only(context: Context, length: int) -> bool:
    """Whether a saved state of `length` tokens cannot be cut back: a recurrent one, or one whose
    sliding window was saved as far as the next token sees."""
    return not context.can_drop_suffix or 0 < context.model.window < length


def _key(context: Context) -> str:
    return hashlib.sha256(" ".join(owner(context)).encode()).hexdigest()[:16]


def _delete(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
