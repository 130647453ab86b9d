"""The short forms of `python -m tests.faults soak`, `crowd` and `cancel`."""

from tests.faults import cancel, crowd, soak


def test_a_day_in_one_process_leaves_nothing_behind() -> None:
    counts = soak.run(30, 1, with_embedded=False)
    assert not counts.wrong
    assert counts.held["scripted"][0] == 30


def test_coders_in_one_repository_do_not_disturb_each_other() -> None:
    counts = crowd.run(3, 1)
    assert not counts.wrong
    assert (counts.right, counts.undone) == (3, 3)


def test_a_cancelled_answer_does_not_show_in_the_next() -> None:
    counts = cancel.run(12, 1, with_embedded=False)
    assert not counts.wrong
    assert sum(counts.where.values()) >= 12
