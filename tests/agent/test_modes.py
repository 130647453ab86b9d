"""Modes by their names and beginnings, and in turn."""

import pytest

from assistant.agent.modes import MODES, Mode, mode_called, next_mode
from assistant.errors import UsageError


@pytest.mark.parametrize(
    ("name", "mode"), [("ask", "ask"), ("r", "read-only"), ("AUTO", "auto-edit"), ("plan", "plan")]
)
def test_a_beginning_is_enough(name: str, mode: Mode) -> None:
    assert mode_called(name) == mode


@pytest.mark.parametrize("name", ["", "yolo", "a"])
def test_what_is_none_or_could_be_several_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        mode_called(name)
    assert all(mode in refused.value.hint for mode in MODES)


def test_each_has_its_turn() -> None:
    turn = [MODES[0]]
    while len(turn) <= len(MODES):
        turn.append(next_mode(turn[-1]))
    assert turn == [*MODES, MODES[0]]
