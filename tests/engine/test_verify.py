"""What is emitted is what the target alone would choose, for as long as the draft agrees with it."""

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.engine.sampling import Logits, Sampling
from assistant.engine.verify import verify
from assistant.errors import CoderError

GREEDY = Sampling()


class Rules:
    """Allows some tokens at each place and forces where it is only one; the end of the list allows none."""

    def __init__(self, *allowed: set[int]) -> None:
        self.left = list(allowed)
        self.masked = 0

    def forced(self) -> list[int]:
        return sorted(self.left[0]) if self.left and len(self.left[0]) == 1 else []

    def allowed(self, tokens: Sequence[int]) -> bool:
        return bool(self.left) and set(tokens) <= self.left[0]

    def mask(self, row: Logits) -> Logits:
        if not self.left:
            raise CoderError("nothing is allowed")
        self.masked += 1
        kept = np.full_like(row, -np.inf)
        kept[sorted(self.left[0])] = row[sorted(self.left[0])]
        return kept

    def accept(self, token: int) -> None:
        assert token in self.left.pop(0)


def rows(*favourites: int, second: int = 4) -> Logits:
    """Logits that like one token best in each row, and `second` next."""
    logits = np.zeros((len(favourites), 6), np.float32)
    logits[:, second] = 1
    logits[np.arange(len(favourites)), list(favourites)] = 2
    return logits


@pytest.mark.parametrize(
    ("draft", "emitted"),
    [
        ([], [1]),
        ([1], [1, 2]),
        ([1, 2], [1, 2, 3]),
        ([1, 5], [1, 2]),
        ([5, 2], [1]),
    ],
)
def test_a_draft_is_accepted_up_to_the_first_token_that_the_target_would_not_choose(
    draft: list[int], emitted: list[int]
) -> None:
    history = [9, 9]
    assert verify(rows(1, 2, 3)[: len(draft) + 1], draft, GREEDY, history) == emitted
    assert history == [9, 9]


def test_each_row_sees_the_tokens_before_it() -> None:
    penalising = Sampling(repeat_penalty=4.0)
    assert verify(rows(1, 1), [1], penalising, [0]) == [1, 4], "what was just emitted is penalised"
    assert verify(rows(1), [], penalising, [1]) == [4]


def test_sampling_depends_on_the_position_and_not_on_the_draft() -> None:
    sampling = Sampling(temperature=5.0, seed=3)
    logits = rows(*[1] * 12)
    alone: list[int] = []
    for row in logits:
        alone += verify(row[None], [], sampling, [0, *alone])
    assert len(set(alone)) > 1
    assert verify(logits, alone[:-1], sampling, [0]) == alone


def test_the_grammar_goes_before_the_target_and_takes_its_choice_where_it_may() -> None:
    rules = Rules({1, 3}, {3, 4}, {5})
    assert verify(rows(1, 2, 2), [1, 4], GREEDY, [], rules) == [1, 4, 5]  # type: ignore[arg-type]
    assert rules.left == [] and rules.masked == 1, (
        "a mask is made only where the target's choice is not allowed"
    )


def test_a_grammar_at_its_end_gives_what_was_accepted_before_or_refuses() -> None:
    history = [7]
    assert verify(rows(1, 2), [1], GREEDY, history, Rules({1, 2})) == [1]  # type: ignore[arg-type]
    with pytest.raises(CoderError, match="nothing is allowed"):
        verify(rows(1), [], GREEDY, history, Rules())  # type: ignore[arg-type]
    assert history == [7]
