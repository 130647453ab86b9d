"""The edit drafter on real text and a real vocabulary: how soon it is right again after a change."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.drafters.edit import EditDrafter
from assistant.engine.llama import Model

LIBRARY = '''"""Books that members may borrow, and who has them."""

from dataclasses import dataclass


@dataclass
class Loan:
    member: str
    days: int


class Library:
    def __init__(self, titles):
        self.titles = list(titles)
        self.loans = {}

    def lend(self, title, member, days=14):
        if title not in self.titles:
            raise KeyError(title)
        if title in self.loans:
            raise ValueError(f"{title} is lent to {self.loans[title].member}")
        self.loans[title] = Loan(member, days)

    def give_back(self, title):
        loan = self.loans.pop(title, None)
        if loan is None:
            raise ValueError(f"{title} is not lent")
        return loan

    def overdue(self, today):
        late = []
        for title, loan in self.loans.items():
            if loan.days < today:
                late.append((title, loan.member))
        return sorted(late)

    def count(self, member):
        total = 0
        for loan in self.loans.values():
            if loan.member == member:
                total += 1
        return total
'''
QUEUE = '''import heapq


class Queue:
    """Jobs by urgency."""

    def __init__(self):
        self._heap = []
        self._number = 0

    def push(self, urgency, job):
        heapq.heappush(self._heap, (urgency, self._number, job))
        self._number += 1

    def pop(self):
        return heapq.heappop(self._heap)[2]
'''


@pytest.fixture(scope="module")
def model(smollm2_path: Path) -> Iterator[Model]:
    with Model(smollm2_path) as model:
        yield model


def misses(model: Model, answer: str, *sources: str, vocabulary: bool = True) -> list[str]:
    """The tokens of `answer` that were not the first of the proposal, with what stood before them."""
    drafter = EditDrafter(
        [model.tokenize(source, special=False) for source in sources], model if vocabulary else None
    )
    tokens = model.tokenize(answer, special=False)
    drafter.begin([*model.tokenize("```python\n"), tokens[0]])
    missed = []
    for i, token in enumerate(tokens[1:], 1):
        if drafter.propose(1).tokens != (token,):
            before = b"".join(map(model.piece, tokens[max(0, i - 3) : i])).decode()
            missed.append(f"{before}|{model.piece(token).decode()}")
        drafter.extend([token])
    return missed


def test_an_unchanged_file_is_drafted_whole(model: Model) -> None:
    assert misses(model, LIBRARY, LIBRARY) == []


def test_a_changed_line_costs_what_is_new_in_it(model: Model) -> None:
    answer = LIBRARY.replace("loan.days < today", "loan.days + loan.grace < today")
    assert len(misses(model, answer, LIBRARY)) <= 6


def test_after_an_inserted_function_the_place_is_found_within_few_tokens(model: Model) -> None:
    new = (
        '    def empty(self):\n        """Whether nothing is lent out."""\n        return not self.loans\n\n'
    )
    answer = LIBRARY.replace("    def overdue", new + "    def overdue")
    inserted = len(model.tokenize(new, special=False))
    assert len(misses(model, answer, LIBRARY)) <= inserted + 2


def test_after_a_deleted_block_the_place_is_found_within_few_tokens(model: Model) -> None:
    start, end = LIBRARY.index("    def give_back"), LIBRARY.index("    def count")
    assert len(misses(model, LIBRARY[:start] + LIBRARY[end:], LIBRARY)) <= 3


def test_a_moved_block_is_followed(model: Model) -> None:
    start, end = LIBRARY.index("    def lend"), LIBRARY.index("    def give_back")
    block = LIBRARY[start:end]
    rest = LIBRARY[:start] + LIBRARY[end:]
    answer = rest.replace("    def count", block + "    def count")
    assert len(misses(model, answer, LIBRARY)) <= 9, "three jumps of three tokens"


@pytest.mark.parametrize(
    ("old", "new"),
    [("title", "book_name"), ("member", "reader"), ("loans", "borrowed_items"), ("Loan", "Borrowing")],
)
def test_a_rename_seen_once_is_drafted_in_the_later_places(model: Model, old: str, new: str) -> None:
    """Behind a space, a dot or a bracket the same name is other tokens."""
    answer = re.sub(rf"\b{old}\b", new, LIBRARY)
    places = len(re.findall(rf"\b{old}\b", LIBRARY))
    missed = misses(model, answer, LIBRARY)
    first = len(model.tokenize(f" {new}", special=False))
    assert places > 1
    assert len(missed) <= first + 2, missed
    assert len(misses(model, answer, LIBRARY, vocabulary=False)) > len(missed)


def test_a_rename_that_was_none_is_taken_back(model: Model) -> None:
    head, tail = LIBRARY.split("    def give_back")
    answer = head + "    def give_back" + tail.replace("pop(title", "pop(shelf", 1)
    missed = misses(model, answer, LIBRARY)
    assert len(missed) <= 5, missed


@pytest.mark.parametrize(("unit", "by"), [("    ", "    "), ("\t", "\t"), ("    ", "  ")])
def test_an_indented_block_is_drafted_from_its_second_line(model: Model, unit: str, by: str) -> None:
    source = LIBRARY.replace("    ", unit)
    start, end = source.index(f"{unit}def count"), len(source)
    block = "".join(by + line for line in source[start:end].splitlines(keepends=True))
    missed = misses(model, f"{source[:start]}{unit}if True:\n{block}", source)
    assert len(missed) <= 8, missed


def test_a_block_indented_less_is_drafted_from_its_second_line(model: Model) -> None:
    start = LIBRARY.index("    def count")
    block = "".join(line[4:] for line in LIBRARY[start:].splitlines(keepends=True))
    missed = misses(model, LIBRARY[:start] + block, LIBRARY)
    assert len(missed) <= 5, missed


@pytest.mark.parametrize(("first", "second"), [(LIBRARY, QUEUE), (QUEUE, LIBRARY), (QUEUE, "")])
def test_the_file_that_is_written_is_the_one_followed(model: Model, first: str, second: str) -> None:
    """What stands between two files is new, and a file is known after its first words."""
    assert len(misses(model, f"{first}```\n\n{second}", LIBRARY, QUEUE)) <= 8


def test_a_proposal_ends_with_its_file(model: Model) -> None:
    sources = [model.tokenize(text, special=False) for text in (LIBRARY, QUEUE)]
    drafter = EditDrafter(sources, model)
    drafter.begin([1, *sources[0][:20]])
    drafter.extend(sources[0][20:-5])
    assert drafter.propose(64).tokens == tuple(sources[0][-5:])
    drafter.extend(sources[0][-5:])
    assert drafter.propose(64).tokens == ()


def test_it_goes_on_behind_what_another_drafter_proposed(model: Model) -> None:
    source = model.tokenize(LIBRARY, special=False)
    drafter = EditDrafter([source], model)
    drafter.begin([1, *source[:40]])
    before = drafter.propose(8)
    assert drafter.propose(8, after=source[40:50]).tokens == tuple(source[50:58])
    skipped = drafter.propose(8, after=source[90:100])
    assert skipped.tokens == tuple(source[100:108])
    assert drafter.propose(8) == before


def test_trust_grows_while_the_answer_follows(model: Model) -> None:
    source = model.tokenize(LIBRARY, special=False)
    drafter = EditDrafter([source], model)
    trust = []
    for known in (2, 10, 80):
        drafter.begin([1, *source[:1]])
        drafter.extend(source[1:known])
        trust.append(drafter.prior(drafter.propose(1).evidence[0]))
    assert trust == sorted(trust)
    assert trust[-1] > 0.97
    drafter.extend([source[5], source[70], source[3]])
    assert drafter.prior(drafter.propose(1).evidence[0]) < 0.5


scripts = st.lists(
    st.tuples(
        st.sampled_from(["keep", "skip", "new", "rename", "indent", "back"]),
        st.integers(1, 30),
    ),
    max_size=30,
)


def scripted(text: str, script: Sequence[tuple[str, int]]) -> str:
    """Carry out an edit script on the lines of `text`."""
    lines, answer, at = text.splitlines(keepends=True), "", 0
    for action, amount in script:
        part = lines[at : at + amount]
        match action:
            case "keep":
                answer += "".join(part)
            case "new":
                answer += f"    x{amount} = {amount}\n" * (amount % 4)
                part = []
            case "rename":
                answer += re.sub(r"\b(title|self|loan)\b", rf"\1_{amount}", "".join(part))
            case "indent":
                answer += "".join("    " + line for line in part)
            case "back":
                at = max(0, at - amount)
                part = []
        at += len(part)
    return answer


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts, cuts=st.lists(st.integers(0, 400), max_size=5), limit=st.integers(1, 40))
def test_any_edit_script_in_any_chunks(
    model: Model, script: list[tuple[str, int]], cuts: list[int], limit: int
) -> None:
    sources = [model.tokenize(text, special=False) for text in (LIBRARY, QUEUE)]
    answer = [model.tokenize("\n")[0], *model.tokenize(scripted(LIBRARY, script), special=False)]
    single, chunked = EditDrafter(sources, model), EditDrafter(sources, model)
    for drafter in (single, chunked):
        drafter.begin(answer[:1])
    bounds = sorted({1, len(answer), *(cut for cut in cuts if 1 < cut < len(answer))})
    for start, end in pairwise(bounds):
        for token in answer[start:end]:
            single.extend([token])
            proposal = single.propose(limit)
            assert len(proposal.tokens) == len(proposal.evidence) <= limit
            assert all(0 <= token < model.n_vocab for token in proposal.tokens)
            assert all(0 <= single.prior(evidence) <= 1 for evidence in proposal.evidence)
        chunked.extend(answer[start:end])
        assert chunked.propose(limit) == single.propose(limit)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_tokens_are_survived(model: Model, data: st.DataObject) -> None:
    """Control tokens, parts of characters and NUL bytes as source and as answer."""
    ids = st.lists(st.one_of(st.integers(0, 300), st.integers(0, model.n_vocab - 1)), max_size=40)
    drafter = EditDrafter(data.draw(st.lists(ids, max_size=3)), model)
    drafter.begin(data.draw(ids))
    for _ in range(3):
        drafter.extend(data.draw(ids))
        proposal = drafter.propose(16, data.draw(ids))
        assert all(0 <= token < model.n_vocab for token in proposal.tokens)


def test_a_new_answer_starts_from_the_original(model: Model) -> None:
    source = model.tokenize(LIBRARY, special=False)
    drafter = EditDrafter([source], model)
    drafter.begin(model.tokenize("\n"))
    drafter.extend(model.tokenize(re.sub(r"\btitle\b", "book", LIBRARY), special=False))
    drafter.begin([1, *source[:1]])
    drafter.extend(source[1:40])
    assert drafter.propose(len(source)).tokens == tuple(source[40:])
