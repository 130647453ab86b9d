"""However an answer to an exercise is spoilt, the loop applies it right or refuses it with words.

`python -m tests.exercises` tries every exercise in every way; here each way meets each format once."""

import pytest

from tests.exercises.matrix import Repositories, a_few
from tests.exercises.ways import WAYS

# Nothing in the answer is right then, or nobody can know what is meant.
REFUSED = {"text of another file", "wrong file named", "diff markers missing", "end mark missing",
           "truncated", "other argument names"}  # fmt: skip
# Right where something in the answer still tells what is meant.
EITHER = {"fences missing", "fence not closed", "nested fences", "indentation lost", "elided parts",
          "elided search", "typographic quotes", "HTML entities", "duplicated anchors", "absolute path",
          "path without folders", "context slightly off", "deleted line kept"}  # fmt: skip


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Repositories:
    return Repositories(tmp_path_factory.mktemp("exercises"))


@pytest.mark.parametrize("way", WAYS)
def test_a_spoilt_answer_is_applied_right_or_refused(way: str, repositories: Repositories) -> None:
    judged = {spoilt.name: repositories.judge(spoilt) for spoilt in a_few(way)}
    verdicts = {name: each.verdict for name, each in judged.items()}
    allowed = {"refused"} if way in REFUSED else {"right", "refused"} if way in EITHER else {"right"}
    assert judged
    assert {name: how for name, how in verdicts.items() if how not in allowed} == {}
