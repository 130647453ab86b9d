"""The short form of `python -m tests.faults disk`: what each fault makes of each work, and what is said."""

import os
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.faults.disk import meet
from tests.faults.experiment import Experiment
from tests.faults.keeping import KEEPING
from tests.faults.strikes import FAULTS
from tests.faults.works import WORKS
from tests.remote.loopback import loopback_server

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "login_tty") or os.uname().sysname != "Linux", reason="needs Linux"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

MET = [
    ("fix", "files that cannot grow", 1, "Nothing is changed without one. Make room"),
    ("fix", "read-only repository", 4, "The folder of calc.py is read-only"),
    ("fix", "read-only home", 1, "Nothing is changed without one. Make room"),
    ("fix", "failing fsync", 1, "Nothing was written"),
    ("fix", "failing rename", 1, "Nothing was written"),
    ("fix", "clock a day back", 0, "coder undo --turn 1"),
    ("fix", "failing write", 1, "No space left on device"),
    ("fix", "short write", 0, "coder undo --turn 1"),
    ("undo", "files that cannot grow", 1, "Checkpoints cannot be kept"),
    ("undo", "failing rename", 1, "calc.py cannot be put back"),
    ("session", "files that cannot grow", 1, "Make room, then go on"),
    ("session", "failing fsync", 1, "Make room, then go on"),
    ("session", "failing write", 1, "Make room, then go on"),
    ("session", "read-only home", 0, "This answer is not in your history"),
    ("settings", "files that cannot grow", 1, "Nothing was changed"),
    ("settings", "read-only home", 1, "Nothing was changed"),
    ("settings", "failing rename", 1, "Nothing was changed"),
    ("theme", "failing write", 1, "Nothing was changed"),
    ("pull", "files that cannot grow", 3, "has arrived is kept"),
    ("pull", "failing write", 3, "Make room and pull again"),
    ("pull", "failing rename", 3, "Make room, or set CODER_HOME"),
    ("history", "files that cannot grow", 1, "This answer is not in your history"),
    ("first history", "read-only home", 1, "This answer is not in your history"),
    ("review", "files that cannot grow", 1, "finds no room"),
    ("review", "failing rename", 1, "The index cannot be written"),
]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Experiment]]:
    folder = tmp_path_factory.mktemp("faults").resolve()
    with loopback_server() as server:
        yield cache(lambda name: Experiment((WORKS | KEEPING)[name], folder / name, server))


@pytest.mark.parametrize(("work", "fault", "code", "says"), MET)
def test_nothing_is_lost_and_it_is_said(
    work: str, fault: str, code: int, says: str, experiment: Callable[[str], Experiment]
) -> None:
    met, wrong = meet(experiment(work), FAULTS[fault])
    assert not wrong
    assert (met.code, says in met.said) == (code, True), met.said
