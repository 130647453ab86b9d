"""However an answer is spoilt, it is applied right or refused with words, and never applied wrongly."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.agent.edits import EDIT_FORMATS, EditError, apply, format_of, parse, plan
from assistant.repo.workspace import Workspace
from tests.agent.edits.answers import Case, answer, exercises
from tests.agent.edits.corruptions import CORRUPTIONS

EXERCISES = exercises()
GOOD = [answer(each.path, each.broken, each.fixed, written) for each in EXERCISES for written in EDIT_FORMATS]
# Nothing in the answer is right then, or nobody can know what is meant.
REFUSED = {"a path that is not there", "elided replacement", "elided rest of the file", "cut off",
           "only a part of the file", "fixed already", "end mark missing"}  # fmt: skip
# Right in some files, which still have one place that fits, and refused in others.
EITHER = {"all indentation lost", "typographic quotes", "HTML entities", "elided middle",
          "duplicated anchors", "no lines around the change"}  # fmt: skip
# A file written out whole is understood only in a block of its own, below a path of its own.
NOT_WHOLE = {"fences missing", "last fence missing", "fence around all", "name without folders"}


def outcome(case: Case, root: Path) -> str:
    file = root / case.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case.before.encode())
    try:
        apply(
            plan(parse(case.text, known_paths=[case.path], finish=case.finish), Workspace(root, is_git=False))
        )
    except EditError as error:
        assert file.read_bytes() == case.before.encode()
        assert error.message and error.hint
        return "refused"
    assert [path for path in root.rglob("*") if path.is_file()] == [file]
    return "right" if file.read_bytes() == case.after.encode() else "wrong"


@pytest.mark.parametrize("written", EDIT_FORMATS)
def test_good_answers_are_recognised_and_applied(written: str, tmp_path: Path) -> None:
    cases = [case for case in GOOD if case.format == written]
    assert [format_of(case.text) for case in cases] == [written] * len(EXERCISES)
    assert [outcome(case, tmp_path / str(i)) for i, case in enumerate(cases)] == ["right"] * len(EXERCISES)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_spoilt_answers_are_applied_right_or_refused(name: str, tmp_path: Path) -> None:
    spoilt = [case for good in GOOD if (case := CORRUPTIONS[name](good)) is not None]
    found = {(case.path, case.format): outcome(case, tmp_path / str(i)) for i, case in enumerate(spoilt)}
    assert [which for which, how in found.items() if how == "wrong"] == []
    counts = Counter(
        how for (_, written), how in found.items() if not (name in NOT_WHOLE and written == "whole")
    )
    if name in REFUSED:
        assert set(counts) == {"refused"}
    elif name in EITHER:
        assert counts["right"] >= counts.total() // 4
    else:
        assert set(counts) == {"right"}
