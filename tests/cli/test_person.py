"""What a person at the terminal answers, also where they end the input or interrupt."""

import builtins
import signal
import sys
from collections.abc import Callable

import pytest

from assistant.agent.events import Request
from assistant.cli.narration import Narrator
from assistant.cli.person import Person

REQUEST = Request("run", "$ ls", always="`ls` in this repository")


def typing(words: str) -> Callable[[], str]:
    return lambda: words


def ending() -> str:
    raise EOFError


def interrupting() -> str:
    signal.raise_signal(signal.SIGINT)
    return "yes"


@pytest.mark.parametrize(
    ("types", "consent", "answer"),
    [
        (typing("y"), "once", "y"),
        (typing(" Yes "), "once", " Yes "),
        (typing("a"), "always", "a"),
        (typing(""), "no", ""),
        (typing("maybe"), "no", "maybe"),
        (ending, "no", None),
        (interrupting, "no", None),
    ],
)
def test_what_they_type(
    monkeypatch: pytest.MonkeyPatch, types: Callable[[], str], consent: str, answer: str | None
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(builtins, "input", types)
    person = Person(Narrator(quiet=True), may_ask=True)
    with person.interrupting():
        assert (person.consent(REQUEST), person.answer("Why?")) == (consent, answer)
    assert person.cancel.is_set() is (types is interrupting), "so that the work ends too"


@pytest.mark.parametrize(("there", "may_ask"), [(False, True), (True, False)])
def test_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, there: bool, may_ask: bool) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: there)
    monkeypatch.setattr(builtins, "input", typing("yes"))
    person = Person(Narrator(quiet=True), may_ask=may_ask)
    assert (person.consent(REQUEST), person.answer("Why?")) == ("no", None)


def test_the_second_ctrl_c_ends_the_work_at_once() -> None:
    person = Person(Narrator(quiet=True), may_ask=True)
    with person.interrupting():
        signal.raise_signal(signal.SIGINT)
        assert person.cancel.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
