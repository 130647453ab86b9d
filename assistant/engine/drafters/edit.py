"""Edit drafter: walks the file that is being rewritten and finds its place again after each change.

While the answer copies the source, the source's next tokens are the draft. What the answer changes,
a name or an indentation, is changed in the drafter's copy too, so that a change seen once is drafted
in the later places. Evidence is the logarithm of the bits that speak for the place.
"""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from math import exp, log2

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.drafters.ngram_index import SEPARATOR
from assistant.engine.drafters.source_copy import SourceCopy, Vocabulary, changed_names, indentation
from assistant.engine.drafters.walk import MOST_BITS, Walk
from assistant.engine.llama import Context

_TOKENS_BEFORE = 32
_DOUBTFUL = 0
_WEAKEST_DRAFT = 4  # the rest of a draft on so little would not be reached, and costs time to weigh
_OFTEN = 2
# A change costs two microseconds a token of the sources: in longer ones more than it saves.
_LONGEST_CHANGED = 30_000


class EditDrafter:
    """Drafts from `sources`: token ids of the texts that the answer will largely copy.

    `vocabulary` is the target's; without it, changes of names and indentation are not carried on."""

    name = "edit"
    seconds_per_token = 0.0

    def __init__(self, sources: Sequence[Sequence[int]], vocabulary: Vocabulary | None = None) -> None:
        tokens = [token for source in sources for token in (*source, SEPARATOR)]
        changeable = len(tokens) <= _LONGEST_CHANGED
        self._original = SourceCopy(tokens, vocabulary if changeable else None)
        self.begin(())

    def begin(self, prompt: Sequence[int]) -> None:
        self._source = self._original
        self._walk = Walk()
        self._line = b""
        self._strayed = False
        self._done: set[tuple[bytes, bytes]] = set()
        self._renames: Counter[tuple[bytes, bytes]] = Counter()
        for token in prompt[-_TOKENS_BEFORE:-1]:
            self._walk.see(token)
        self.extend(prompt[-1:])

    def extend(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self._line += self._source.piece(token)
            if b"\n" in self._line:
                self._line = self._line[self._line.rfind(b"\n") + 1 :]
                self._strayed = False
                self._done.clear()
            place = self._walk.at
            if not self._walk.follow(self._source, token):
                self._strayed = True
            elif place in self._source.doubtful:
                self._source.doubtful.clear()
            if self._strayed and self._walk.bits:
                self._change_copy()

    def _change_copy(self) -> None:
        """Do to the copy what the answer did to the line that it is in."""
        source, place = self._source, self._walk.at
        if not source.same_line(self._walk.left, place):
            return  # a line that only resembles one of the source
        written, copied = self._line, source.line_before(place)
        indents = indentation(copied), indentation(written)
        if (
            indents[0] != indents[1]
            and indents not in self._done
            and written.strip() == copied.strip() != b""
        ):
            self._done.add(indents)
            self._source = source.indented(place, *indents)
            self._walk.left = place
        elif names := dict(filter(self._is_rename, changed_names(copied, written).items())):
            self._done.update(names.items())
            self._renames.update(names.items())
            self._source = source.renamed(place, names)
            self._walk.left = place

    def _is_rename(self, change: tuple[bytes, bytes]) -> bool:
        """A name that the source has already is another thing, unless a rename is taken back."""
        before, after = change
        if change in self._done or self._renames[change] == _OFTEN:
            return False
        return self._renames[after, before] > 0 or after not in self._original.words

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        source, walk = self._source, copy(self._walk)
        for token in after:
            walk.follow(source, token)
        limit = min(limit, _WEAKEST_DRAFT + int(walk.bits))
        tokens = source.tokens[walk.at : walk.at + limit]
        if SEPARATOR in tokens:
            tokens = tokens[: tokens.index(SEPARATOR)]
        if not tokens:
            return NOTHING
        evidence = []
        bits = walk.bits
        for place, token in enumerate(tokens, walk.at):
            evidence.append(_DOUBTFUL if place in source.doubtful else _evidence(bits))
            bits += source.bits(token)
        return Proposal(tuple(tokens), tuple(evidence))

    def prior(self, evidence: int) -> float:
        """Fitted to replayed edits of standard library files."""
        return 0.6 if evidence == _DOUBTFUL else 0.1 + 0.89 / (1 + exp((9.5 - evidence) / 1.7))

    def close(self) -> None:
        self.begin(())


def _evidence(bits: float) -> int:
    """1 to 25."""
    return 1 + int(3 * log2(1 + min(bits, MOST_BITS)))
