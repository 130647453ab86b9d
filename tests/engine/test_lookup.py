"""The lookup drafter: the index against a naive reading, what it drafts and how sure it is, its store."""

import os
import stat
import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.drafters.ngram_index import LONGEST_MATCH, ORDERS, SEPARATOR, Match, NgramIndex
from assistant.engine.drafters.store import AnswerStore, store_path, vocabulary_fingerprint
from assistant.engine.llama import Model
from tests.engine.tiny_gguf import vocabulary, write_tiny

N_VOCAB = 1000
few_tokens = st.lists(st.integers(0, 2), max_size=200)
with_separators = st.lists(st.sampled_from([0, 1, 2, SEPARATOR]), max_size=200)


def naive_matches(text: Sequence[int], tail: Sequence[int]) -> list[Match]:
    """What NgramIndex.matches promises, by looking everywhere."""
    for order in sorted(ORDERS, reverse=True):
        gram = list(tail[-order:])
        if len(gram) < order or SEPARATOR in gram:
            continue
        places = [p for p in range(order, len(text)) if list(text[p - order : p]) == gram][-16:]
        found = []
        for place in places:
            length = 0
            while length < min(LONGEST_MATCH, len(tail), place) and (
                tail[-1 - length] == text[place - 1 - length]
            ):
                length += 1
            found.append(Match(length, place))
        if found:
            return sorted(found, reverse=True)
    return []


@given(text=with_separators, tail=st.lists(st.integers(0, 2), max_size=12))
def test_matches_are_those_of_a_naive_search(text: list[int], tail: list[int]) -> None:
    index = NgramIndex()
    index.extend(text)
    assert index.matches(array("i", tail)) == naive_matches(text, tail)
    own = text[-LONGEST_MATCH:]
    assert index.matches(array("i", own)) == naive_matches(text, own)


@given(data=st.data())
def test_chunks_and_cuts_leave_no_trace(data: st.DataObject) -> None:
    text = data.draw(st.lists(st.integers(0, 3), max_size=300))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    index = NgramIndex()
    for start, end in pairwise([0, *cuts, len(text)]):
        index.extend(text[start:end])
        index.extend(data.draw(st.lists(st.integers(0, 3), max_size=80)))
        index.truncate(end)
    whole = NgramIndex()
    whole.extend(text)
    assert index.tokens == whole.tokens
    for end in range(len(text)):
        tail = array("i", text[max(0, end - LONGEST_MATCH) : end])
        assert index.matches(tail) == whole.matches(tail)


def drafter_after(*text: int, store: AnswerStore | None = None) -> LookupDrafter:
    drafter = LookupDrafter(store)
    drafter.begin(text)
    return drafter


def test_the_longest_match_leads_though_a_shorter_one_is_more_frequent_and_later() -> None:
    proposal = drafter_after(1, 2, 3, 4, 5, 6, 9, 3, 4, 7, 9, 3, 4, 7, 9, 2, 3, 4).propose(2)
    assert proposal.tokens == (5, 6)


def test_equally_long_matches_are_decided_by_frequency_and_then_by_recency() -> None:
    assert drafter_after(0, 5, 8, 1, 5, 8, 2, 5, 9, 3, 5).propose(1).tokens == (8,)
    assert drafter_after(0, 5, 8, 1, 5, 9, 3, 5).propose(1).tokens == (9,)


def first_prior(drafter: LookupDrafter) -> float:
    return drafter.prior(drafter.propose(1).evidence[0])


def test_a_weak_or_contested_match_is_trusted_less() -> None:
    long = first_prior(drafter_after(*range(10, 30), 1, *range(10, 30)))
    short = first_prior(drafter_after(10, 11, 12, 10))
    agreed = first_prior(drafter_after(5, 6, 7, 8, 1, 5, 6, 7, 8, 2, 5, 6, 7))
    alone = first_prior(drafter_after(5, 6, 7, 8, 1, 5, 6, 7))
    contested = first_prior(drafter_after(5, 6, 7, 8, 1, 5, 6, 7, 9, 2, 5, 6, 7))
    assert short < 0.5 < long
    assert contested < alone < agreed


def test_nothing_speaks_for_a_token_never_seen() -> None:
    assert drafter_after(1, 2, 3, 4).propose(8).tokens == ()
    assert LookupDrafter().propose(8).tokens == ()


def test_a_repetition_is_drafted_as_far_as_wanted() -> None:
    assert drafter_after(7, 1, 2, 3, 1, 2, 3).propose(8).tokens == (1, 2, 3, 1, 2, 3, 1, 2)


@given(text=few_tokens, after=st.lists(st.integers(0, 2), max_size=6), limit=st.integers(1, 40))
def test_a_proposal_continues_another_without_a_trace(text: list[int], after: list[int], limit: int) -> None:
    drafter = drafter_after(*text)
    before = drafter.propose(limit)
    continued = drafter.propose(limit, after)
    assert drafter.propose(limit) == before
    assert len(continued.tokens) == len(continued.evidence) <= limit
    assert set(continued.tokens) <= set(text) | set(after)


def test_a_proposal_behind_another_goes_on_where_that_text_was_seen() -> None:
    drafter = drafter_after(1, 2, 3, 4, 5, 9, 1, 2)
    assert drafter.propose(2, after=(3, 4)).tokens == (5, 9)
    assert drafter.propose(3, after=(3, 4, 5, 9)).tokens[:2] == (1, 2)


@given(first=few_tokens, answer=few_tokens, second=few_tokens)
def test_the_next_turn_is_drafted_as_if_it_were_read_anew(
    first: list[int], answer: list[int], second: list[int]
) -> None:
    kept = LookupDrafter()
    for prompt in (first, [*first, *answer, *second], [*first, *second], second):
        kept.begin(prompt)
        assert kept.propose(8) == drafter_after(*prompt).propose(8)


def test_a_long_context_is_read_at_once_and_costs_a_step_little() -> None:
    words = [i * i % 8191 for i in range(100_000)]
    drafter = LookupDrafter()
    started = time.perf_counter()
    drafter.begin(words)
    read = time.perf_counter()
    assert read - started < 2
    for token in words[:500]:
        drafter.extend([token])
        drafter.propose(16)
    assert time.perf_counter() - read < 2, "under 4 ms a step even on a loaded machine"
    started = time.perf_counter()
    drafter.begin([*words, *words[:500], 1, 2, 3])
    assert time.perf_counter() - started < (read - started) + 1


def store_in(folder: Path, limit_bytes: int = 1 << 16) -> AnswerStore:
    return AnswerStore(folder / "answers" / "a.ids", N_VOCAB, limit_bytes=limit_bytes)


def test_what_was_written_before_is_drafted_again_in_a_new_process(tmp_path: Path) -> None:
    answer = list(range(100, 140))
    LookupDrafter(store_in(tmp_path)).remember(answer)
    drafter = drafter_after(1, 2, *answer[:8], store=store_in(tmp_path))
    assert drafter.propose(64).tokens == tuple(answer[8:]), "to the end of that answer and no further"
    assert drafter_after(1, 2, *answer[:8]).propose(64).tokens == ()


def test_a_finished_answer_is_drafted_in_the_next_conversation(tmp_path: Path) -> None:
    drafter = LookupDrafter(store_in(tmp_path))
    drafter.begin([1, 2, 3])
    drafter.extend([50, 51, 52, 53])
    drafter.remember([50, 51, 52, 53])
    drafter.begin([9, 8, 50, 51])
    assert drafter.propose(4).tokens == (52, 53)


def test_the_text_at_hand_goes_before_the_store(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.add([5, 6, 7, 900])
    drafter = drafter_after(5, 6, 7, 8, 1, 5, 6, 7, store=store)
    assert drafter.propose(1).tokens == (8,)


def test_the_store_is_bounded_and_drops_the_oldest(tmp_path: Path) -> None:
    store = store_in(tmp_path, limit_bytes=1000)
    for i in range(100):
        store.add([i] * 20)
        assert store.path.stat().st_size <= 1000
    answers = store.load()
    assert [answer[0] for answer in answers] == list(range(100 - len(answers), 100))
    assert len(answers) > 8
    store.add([answers[0][0]] * 20)
    assert [answer[0] for answer in store.load()][-1] == answers[0][0], "seen again, it is the latest"
    store.add(range(900))
    assert store.path.stat().st_size <= 1000
    assert store.notes == []


def test_only_the_owner_can_read_the_store(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store_in(tmp_path).add([1, 2, 3])
    finally:
        os.umask(old)
    path = store_in(tmp_path).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@given(data=st.data())
def test_a_damaged_store_is_set_aside_and_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = store_in(tmp_path_factory.mktemp("store"))
    store.add([1, 2, 3])
    store.add([4, 5])
    whole = store.path.read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if damaged:
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    store.path.write_bytes(damaged)
    assert store.load() == []
    assert len(store.notes) == 1
    assert "damaged" in store.notes[0]
    assert store.path.with_suffix(".damaged").read_bytes() == damaged
    store.add([7, 8])
    assert store_in(store.path.parent.parent).load() == [array("i", [7, 8])]


def test_ids_that_the_model_does_not_have_are_damage(tmp_path: Path) -> None:
    store_in(tmp_path).add([1, N_VOCAB])
    store = store_in(tmp_path)
    assert store.load() == []
    assert "does not have" in store.notes[0]


def test_a_store_that_cannot_be_written_is_told_and_drafting_goes_on(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file where the folder should be")
    store = store_in(tmp_path)
    drafter = LookupDrafter(store)
    drafter.remember([1, 2, 3])
    assert "cannot be written" in store.notes[0]
    drafter.begin([9, 1])
    assert drafter.propose(2).tokens == (2, 3)


_ADD = """
import sys
from pathlib import Path
from assistant.engine.drafters.store import AnswerStore
for i in range(20):
    AnswerStore(Path(sys.argv[1]), 1000).add([int(sys.argv[2]), i])
"""


def test_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = store_in(tmp_path).path
    processes = [
        subprocess.Popen([sys.executable, "-c", _ADD, str(path), str(number)], env={**os.environ})
        for number in (1, 2)
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    answers = store_in(tmp_path).load()
    assert sorted(map(list, answers)) == [[number, i] for number in (1, 2) for i in range(20)]


def test_a_store_belongs_to_a_repository_and_a_vocabulary(tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    paths = [
        write_tiny(tmp_path / "a.gguf"),
        write_tiny(tmp_path / "b.gguf", "qwen3", seed=5),
        write_tiny(tmp_path / "c.gguf", tokens=vocabulary(letters[::-1])),
    ]
    models = [Model(path) for path in paths]
    first, same, other = map(vocabulary_fingerprint, models)
    assert first == same != other
    here = store_path(tmp_path, tmp_path / "repo", models[0])
    assert here == store_path(tmp_path, tmp_path / "x" / ".." / "repo", models[1])
    assert here != store_path(tmp_path, tmp_path / "elsewhere", models[0])
    for model in models:
        model.close()
