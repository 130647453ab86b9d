"""Lookup drafter: what followed the longest earlier occurrence of the current suffix.

An online suffix automaton over prompt and output gives the longest match in O(1) amortised per
token (SAM-Decoding, arXiv 2411.10666). Evidence is the matched length in tokens.
"""

from collections.abc import Sequence

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.llama import Context

MAX_EVIDENCE = 32


class SuffixAutomaton:
    """All substrings of a token sequence. State 0 is the empty string."""

    def __init__(self) -> None:
        self.next: list[dict[int, int]] = [{}]
        self.link: list[int] = [-1]
        self.length: list[int] = [0]
        self.last_end: list[int] = [0]
        self._whole = 0

    def append(self, token: int, end: int) -> None:
        """Add `token`; `end` is the length of the sequence with it."""
        state = self._add_state({}, self.length[self._whole] + 1, end)
        at = self._whole
        while at != -1 and token not in self.next[at]:
            self.next[at][token] = state
            at = self.link[at]
        self.link[state] = 0 if at == -1 else self._split(at, token)
        self._whole = state

    def _split(self, at: int, token: int) -> int:
        """The state of the longest suffix that ends in `token` from `at`, cloned when it stands for
        longer ones too."""
        target = self.next[at][token]
        if self.length[target] == self.length[at] + 1:
            return target
        clone = self._add_state(dict(self.next[target]), self.length[at] + 1, self.last_end[target])
        self.link[clone] = self.link[target]
        self.link[target] = clone
        while at != -1 and self.next[at].get(token) == target:
            self.next[at][token] = clone
            at = self.link[at]
        return clone

    def _add_state(self, transitions: dict[int, int], length: int, end: int) -> int:
        self.next.append(transitions)
        self.link.append(0)
        self.length.append(length)
        self.last_end.append(end)
        return len(self.next) - 1


class LookupDrafter:
    """Drafts from the text so far."""

    name = "lookup"
    seconds_per_token = 0.0

    def __init__(self) -> None:
        self.begin(())

    def begin(self, prompt: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._automaton = SuffixAutomaton()
        self._state = 0
        self._matched = 0
        self._source = 0
        self.extend(prompt)

    def extend(self, tokens: Sequence[int]) -> None:
        automaton = self._automaton
        for token in tokens:
            # Follow the match first: the automaton must not find the suffix at its own end.
            while self._state and token not in automaton.next[self._state]:
                self._state = automaton.link[self._state]
                self._matched = automaton.length[self._state]
            following = automaton.next[self._state].get(token)
            if following is not None:
                self._state, self._matched = following, self._matched + 1
                self._source = automaton.last_end[following]
            self._tokens.append(token)
            automaton.append(token, len(self._tokens))
            if self._state:
                automaton.last_end[self._state] = len(self._tokens)

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        if after or not self._matched:
            return NOTHING
        tokens = tuple(self._tokens[self._source : self._source + limit])
        return Proposal(tokens, tuple(min(self._matched + i, MAX_EVIDENCE) for i in range(len(tokens))))

    def prior(self, evidence: int) -> float:
        return 0.9 * evidence / (evidence + 2.5)

    def close(self) -> None:
        self.begin(())
