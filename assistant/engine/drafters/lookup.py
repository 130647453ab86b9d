"""Lookup drafter: what followed the longest earlier occurrence of the last tokens.

It looks in the prompt and the answer so far, and behind those in what was answered earlier in the
same repository. Of several places the longest match leads, the most frequent continuation among
equals, then the latest. How sure that is depends on how long the match is and on whether the other
long matches went on in the same way: this is the evidence.
"""

from array import array
from collections.abc import Sequence

from assistant.engine.drafters import NOTHING, Proposal
from assistant.engine.drafters.ngram_index import LONGEST_MATCH, SEPARATOR, Match, NgramIndex
from assistant.engine.drafters.store import AnswerStore
from assistant.engine.llama import Context
from assistant.engine.prefix import common_prefix

_CONTESTED, _ALONE, _AGREED = range(3)
_WEAKEST_DRAFT = 4  # the rest of a draft on so little would not be reached, and costs time to weigh
_FOLLOWED = 4  # all matches vote for the first token, these go on
_LENGTH_CLASSES = LONGEST_MATCH.bit_length() + 1
_STORED = 3 * _LENGTH_CLASSES  # added to the evidence of what comes from the store
# How often a draft was right, by matched length (1, 2-3, 4-7, 8-15, ...) and agreement (contested,
# alone, agreed): counted in recorded answers of SmolLM2-135M and in edits of standard library files.
_RIGHT = (
    (0.0, 0.0, 0.0),
    (0.18, 0.27, 0.5),
    (0.26, 0.58, 0.7),
    (0.52, 0.86, 0.93),
    (0.66, 0.93, 0.97),
    (0.83, 0.95, 0.985),
    (0.85, 0.98, 0.995),
    (0.85, 0.99, 0.999),
)


class LookupDrafter:
    """Drafts from the text so far and, where given, from `store`: see `remember`."""

    name = "lookup"
    seconds_per_token = 0.0

    def __init__(self, store: AnswerStore | None = None) -> None:
        self._index = NgramIndex()
        self._store = store
        self._stored = NgramIndex()
        self._load()

    def begin(self, prompt: Sequence[int]) -> None:
        """What `prompt` shares with the tokens seen before stays indexed."""
        kept = common_prefix(self._index.tokens, prompt)
        self._index.truncate(kept)
        self._index.extend(prompt[kept:])

    def extend(self, tokens: Sequence[int]) -> None:
        self._index.extend(tokens)

    def remember(self, answer: Sequence[int]) -> None:
        """Keep a finished answer in the store, to be drafted from in later conversations."""
        if self._store is None or not answer:
            return
        self._store.add(answer)
        self._stored.extend([*answer, SEPARATOR])
        if len(self._stored) > self._store.limit_tokens * 2:
            self._load()

    def _load(self) -> None:
        self._stored = NgramIndex()
        if self._store is not None:
            self._stored.extend([token for answer in self._store.load() for token in (*answer, SEPARATOR)])

    def observe(self, context: Context, start: int) -> None: ...

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        tail = self._index.tokens[-LONGEST_MATCH:]
        tail.extend(after)
        here, there = self._index.matches(tail), self._stored.matches(tail)
        if there and (not here or there[0].length > here[0].length):
            return _follow(self._stored, there, (), limit, _STORED)
        return _follow(self._index, here, after, limit, 0)

    def prior(self, evidence: int) -> float:
        stored, known = divmod(evidence, _STORED)
        length_class, agreement = divmod(known, 3)
        return _RIGHT[max(0, length_class - stored)][agreement]

    def close(self) -> None:
        self._index = NgramIndex()
        self._stored = NgramIndex()


def _follow(
    index: NgramIndex, matches: Sequence[Match], after: Sequence[int], limit: int, offset: int
) -> Proposal:
    """Draft what the leading match went on with, dropping the places that went on otherwise. `after`
    stands behind the indexed tokens, `offset` is added to the evidence."""
    if not matches:
        return NOTHING
    limit = min(limit, _WEAKEST_DRAFT * (1 + matches[0].length))
    tokens, size = index.tokens, len(index)
    drafted = array("i", after)  # a place may run into the end of the text: it goes on with the draft
    evidence: list[int] = []
    while matches and len(evidence) < limit:
        longest, place = matches[0]
        if len(matches) == 1 and place < size:
            run = tokens[place : place + limit - len(evidence)]
            if SEPARATOR in run:
                run = run[: run.index(SEPARATOR)]
            drafted += run
            evidence += [offset + _evidence(longest + i, _ALONE) for i in range(len(run))]
            if place + len(run) < size:
                break
            matches = [Match(longest + len(run), size)]
            continue
        following = [tokens[p] if p < size else drafted[p - size] for _, p in matches]
        token = _leading(matches, following)
        if token == SEPARATOR:
            break
        evidence.append(offset + _evidence(longest, _agreement(token, matches, following)))
        drafted.append(token)
        matches = [
            Match(length + 1, place + 1)
            for t, (length, place) in zip(following, matches, strict=True)
            if t == token
        ][:_FOLLOWED]
    return Proposal(tuple(drafted[len(after) :]), tuple(evidence)) if evidence else NOTHING


def _leading(matches: Sequence[Match], following: Sequence[int]) -> int:
    """The most frequent token behind the longest matches, the latest of equally frequent ones."""
    leaders = [t for t, match in zip(following, matches, strict=True) if match.length == matches[0].length]
    return leaders[0] if len(leaders) < 3 else max(leaders, key=leaders.count)


def _agreement(token: int, matches: Sequence[Match], following: Sequence[int]) -> int:
    """Whether matches at least half as long as the longest went on with `token` too."""
    votes = [
        t == token
        for t, match in zip(following, matches, strict=True)
        if 2 * match.length >= matches[0].length
    ]
    if len(votes) == 1:
        return _ALONE
    return _AGREED if all(votes) else _CONTESTED


def _evidence(length: int, agreement: int) -> int:
    return 3 * min(length, LONGEST_MATCH).bit_length() + agreement
