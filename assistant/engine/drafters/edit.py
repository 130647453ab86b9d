"""Edit drafter: walks the file that is being rewritten and finds its place again after each change.

While the answer copies the source, the source's next tokens are the draft. Where the answer leaves
it, the place is sought by the longest run of emitted tokens that the source has near the point of
departure: ahead after a deletion, at it after an insertion. Evidence is the tokens matched in a row.
"""

from collections import defaultdict
from collections.abc import Sequence

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.llama import Context

MAX_EVIDENCE = 24
_LONGEST_RUN = 16
_NEAREST_PLACES = 32
_BREAK = -1


class EditDrafter:
    """Drafts from `sources`: token ids of the texts that the answer will largely copy."""

    name = "edit"
    seconds_per_token = 0.0

    def __init__(self, sources: Sequence[Sequence[int]]) -> None:
        self._source: list[int] = []
        for source in sources:
            self._source += [*source, _BREAK]
        self._places: dict[int, list[int]] = defaultdict(list)
        for i, token in enumerate(self._source):
            self._places[token].append(i)
        self.begin(())

    def begin(self, prompt: Sequence[int]) -> None:
        self._output: list[int] = []
        self._at = 0
        self._run = 0
        self._left_at = 0

    def extend(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self._output.append(token)
            if self._at < len(self._source) and self._source[self._at] == token:
                self._at += 1
                self._run += 1
                self._left_at = self._at
            else:
                self._find_place(token)

    def _find_place(self, token: int) -> None:
        """Go on behind the place whose preceding tokens agree longest with the output, the nearest
        where several do; nowhere known, assume that one token was replaced by one."""
        best_run, best_place = 0, self._at + 1
        places = sorted(self._places.get(token, ()), key=lambda place: self._distance(place))
        for place in places[:_NEAREST_PLACES]:
            run = self._run_ending_at(place)
            if run > best_run:
                best_run, best_place = run, place + 1
        self._at, self._run = min(best_place, len(self._source)), best_run

    def _distance(self, place: int) -> int:
        """Places behind the point of departure are less likely than places ahead."""
        ahead = place - self._left_at
        return ahead if ahead >= 0 else -4 * ahead

    def _run_ending_at(self, place: int) -> int:
        run = 0
        while (
            run < min(_LONGEST_RUN, len(self._output), place + 1)
            and self._source[place - run] == self._output[-1 - run]
        ):
            run += 1
        return run

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        if after:
            return NOTHING
        tokens = self._source[self._at : self._at + limit]
        if _BREAK in tokens:
            tokens = tokens[: tokens.index(_BREAK)]
        if not tokens:
            return NOTHING
        return Proposal(tuple(tokens), tuple(min(self._run + i, MAX_EVIDENCE) for i in range(len(tokens))))

    def prior(self, evidence: int) -> float:
        return 0.3 if evidence == 0 else 0.99 * (evidence + 1) / (evidence + 1.8)

    def close(self) -> None:
        self.begin(())
