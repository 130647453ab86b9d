"""Several turns of a person and a model: what is gone on with, taken back, forgotten and kept."""

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from assistant.agent.check import Check
from assistant.agent.conversation import Conversation, ConversationOptions, Person
from assistant.agent.events import AgentEvent, Checked, Consent, Observed, Outcome, Refusal, Request
from assistant.agent.loop import nobody
from assistant.agent.mcp import McpServer
from assistant.agent.modes import Mode
from assistant.agent.session import Session, Sessions
from assistant.chat.generator import Generator, KeptState, TextPiece
from assistant.errors import CoderError
from assistant.repo.workspace import find_workspace
from tests.agent.agent_run import BUGGY, DONE, FIX, FIXED, call, root, script
from tests.agent.mcp.servers import raw
from tests.scripted import ScriptedGenerator

__all__ = ["root"]

REWRITE = f"```python\n{FIXED}".rstrip("\n")


def small(*answers: str | CoderError, holds_after: int | None = None) -> ScriptedGenerator:
    """A model that cannot call tools."""
    return ScriptedGenerator(*answers, tool_format=None, holds_after=holds_after)


@dataclass
class Talk:
    """Conversations in `root` with a person who gives these answers when asked, and then no other."""

    root: Path
    mode: Mode = "auto-edit"
    consents: list[Consent | Refusal] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def open(
        self,
        session: Session | None = None,
        history: Sequence[Mapping[str, Any]] = (),
        *,
        check: Check | None = None,
        servers: Sequence[McpServer] = (),
    ) -> Conversation:
        def consent(request: Request) -> Consent | Refusal:
            self.asked.append(request)
            return self.consents.pop(0)

        person = Person(consent, nobody, self.told.append)
        options = ConversationOptions(check, servers=servers)
        return Conversation(
            find_workspace(self.root), self.mode, person, options, session=session, history=history
        )

    def reopen(self) -> Conversation:
        return self.open(*Sessions(self.root).resume("last"))


def said(
    conversation: Conversation, text: str, model: Generator, cancel: Event | None = None
) -> list[AgentEvent]:
    return list(conversation.turn(text, model, cancel=cancel or Event()))


def outcome(happened: Sequence[AgentEvent]) -> Outcome:
    assert isinstance(happened[-1], Outcome)
    return happened[-1]


def observed(happened: Sequence[AgentEvent]) -> list[Observed]:
    return [event for event in happened if isinstance(event, Observed)]


def question(model: ScriptedGenerator, number: int = -1) -> str:
    """What the user's last message was when the model was asked."""
    return model.asked[number][0][-1].content


def test_a_dialogue_is_gone_on_with_as_the_model_knew_it(root: Path) -> None:
    talk, first = Talk(root), small(REWRITE, "You are welcome.")
    conversation = talk.open()
    assert conversation.session_id == "", "nothing is kept before it begins"
    said(conversation, "fix @calc.py", first)
    said(conversation, "thanks for @src/other.py", first)
    conversation.close(first)
    assert (root / "calc.py").read_text() == FIXED
    again, second = talk.reopen(), small("Bye.")
    with closing(second):
        said(again, "bye", second)
        again.close(second)
    assert again.tasks == 3
    before, after = first.asked[-1][0], second.asked[0][0]
    assert after[: len(before)] == before
    assert [each.content for each in after[len(before) :]] == ["You are welcome.", "bye"]


def test_a_change_that_is_refused_with_a_reason_is_asked_for_again(root: Path) -> None:
    talk = Talk(root, "ask", [Refusal("Add a comment."), "once"])
    commented = FIXED.replace("a + b", "a + b  # sum")
    model = small(REWRITE, f"```python\n{commented}".rstrip("\n"))
    happened = said(talk.open(), "fix @calc.py", model)
    assert (outcome(happened).status, outcome(happened).changed) == ("done", ("calc.py",))
    assert (root / "calc.py").read_text() == commented
    assert [each.ok for each in observed(happened)] == [False, True]
    assert "Add a comment" in question(model)
    assert [FIXED.splitlines()[1] in each.preview for each in talk.asked] == [True, True]


@pytest.mark.parametrize("mode", ["ask", "read-only"])
def test_what_is_not_allowed_is_not_made(root: Path, mode: Mode) -> None:
    talk = Talk(root, mode, ["no"])
    answer = f"So:\n\n```python calc.py\n{FIXED}```\n"
    happened = said(talk.open(), "What is wrong in @calc.py?", small(answer))
    assert outcome(happened).status == ("refused" if mode == "ask" else "done")
    assert (root / "calc.py").read_text() == BUGGY
    assert len(talk.asked) == (mode == "ask")


def test_secrets_are_asked_for_in_every_mode(root: Path) -> None:
    talk = Talk(root, "full", ["no"])
    said(talk.open(), "What is wrong in @.env?", small("```sh .env\nTOKEN=\n```\n"))
    assert ".env may hold secrets" in talk.asked[0].note
    assert (root / ".env").read_text() == "TOKEN=hunter2\n"


def test_a_file_that_the_user_writes_while_they_are_asked_is_left_alone(root: Path) -> None:
    class Writes(list[Any]):
        def pop(self, *_: Any) -> Consent:
            (root / "calc.py").write_text("mine\n")
            return "once"

    happened = said(Talk(root, "ask", Writes()).open(), "fix @calc.py", small(REWRITE))
    assert outcome(happened).status == "refused"
    assert [each.ok for each in observed(happened)] == [False]
    assert (root / "calc.py").read_text() == "mine\n"


def test_an_answer_that_is_cancelled_changes_nothing_and_its_half_is_remembered(root: Path) -> None:
    conversation, cancel = Talk(root).open(), Event()
    happened: list[AgentEvent] = []
    for event in conversation.turn("fix @calc.py", small(REWRITE, holds_after=2), cancel=cancel):
        happened.append(event)
        if sum(isinstance(each, TextPiece) for each in happened) == 3:  # the prefix is one of them
            cancel.set()
    assert outcome(happened).status == "cancelled"
    assert (root / "calc.py").read_text() == BUGGY
    model = small("Yes.")
    said(conversation, "go on", model)
    (half,) = [each.content for each in model.asked[0][0] if each.role == "assistant"]
    assert half and REWRITE.startswith(half)


@pytest.mark.parametrize("calls_tools", [True, False])
def test_a_turn_that_is_taken_back_is_told_and_is_so_later_too(root: Path, calls_tools: bool) -> None:
    talk = Talk(root, "full")
    conversation = talk.open()
    model = ScriptedGenerator(*script(FIX, DONE)) if calls_tools else small(REWRITE)
    said(conversation, "fix @calc.py", model)
    undone = conversation.undo()
    assert (undone.paths, (root / "calc.py").read_text()) == (("calc.py",), BUGGY)
    if calls_tools:
        following = ScriptedGenerator(*script(DONE))
        said(conversation, "and now?", following)
        assert "I took your changes of calc.py back." in question(following)
    conversation.close(None)
    again = talk.reopen()
    with pytest.raises(CoderError, match="no change of this conversation"):
        again.undo()
    again.close(None)


def test_what_was_changed_since_is_not_taken_back(root: Path) -> None:
    conversation = Talk(root, "full").open()
    turn = outcome(said(conversation, "fix @calc.py", small(REWRITE))).turn
    (root / "calc.py").write_text("mine\n")
    with pytest.raises(CoderError, match=r"calc\.py"):
        conversation.undo(turn)
    assert (root / "calc.py").read_text() == "mine\n"


def test_what_is_forgotten_is_unknown_from_then_on_and_its_changes_stay(root: Path) -> None:
    talk = Talk(root)
    conversation = talk.open()
    for text in ("one", "two", "fix @calc.py"):
        said(conversation, text, small(REWRITE if "fix" in text else f"Answer {text}."))
    conversation.rewind(7)
    assert conversation.tasks == 3, "there is no such task"
    conversation.rewind(1)
    assert conversation.tasks == 1
    conversation.close(None)
    model = small("Three.")
    again = talk.reopen()
    said(again, "three", model)
    again.close(None)
    assert [each.content for each in model.asked[0][0][1:]] == ["one", "Answer one.", "three"]
    assert (root / "calc.py").read_text() == FIXED


def test_what_cannot_be_begun_is_forgotten(root: Path) -> None:
    conversation = Talk(root).open()
    with pytest.raises(CoderError, match="The server is gone"):
        said(conversation, "hello", small(CoderError("The server is gone.")))
    assert (conversation.tasks, conversation.history) == (0, [])


@pytest.mark.parametrize("task", ["Make add add.", "Make add\n\nadd."])
def test_a_turn_that_breaks_off_keeps_its_changes_and_can_be_taken_back(
    task: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(2_000_000_000, 0, -86_400))  # the clock goes back by a day at each look
    monkeypatch.setattr("time.time", lambda: float(next(moments)))
    conversation = Talk(root, "full").open()
    model = ScriptedGenerator(call(FIX[0], **FIX[1]), CoderError("The server is gone.", hint="Start it."))
    last = outcome(said(conversation, task, model))
    assert (last.status, last.why) == ("not achieved", "The server is gone. Start it.")
    assert (root / "calc.py").read_text() == FIXED
    conversation.undo()
    assert (root / "calc.py").read_text() == BUGGY


def test_it_goes_on_where_no_session_can_be_kept(root: Path, coder_home: Path) -> None:
    (coder_home / "data").mkdir(exist_ok=True)
    (coder_home / "data" / "sessions").touch()
    talk = Talk(root)
    conversation = talk.open()
    for _ in range(2):
        assert outcome(said(conversation, "hello", small("Hi."))).answer == "Hi."
    assert conversation.session_id == ""
    assert ["cannot be kept" in text for text in talk.told] == [True]


def test_it_goes_on_where_the_disk_is_full_and_says_so_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    talk = Talk(root)
    conversation = talk.open()
    said(conversation, "one", small("One."))
    monkeypatch.setattr("assistant.agent.session.os.fsync", full)
    model = small("Two.", "Three.")
    assert [outcome(said(conversation, text, model)).answer for text in ("two", "three")] == [
        "Two.",
        "Three.",
    ]
    assert [text.endswith("From here on it is not kept.") for text in talk.told] == [True]
    assert [each.content for each in model.asked[-1][0][1:]] == [
        "one", "One.", "two", "Two.", "three"
    ]  # fmt: skip
    conversation.close(model)


class Keeping(ScriptedGenerator):
    """Keeps its state, or cannot."""

    def __init__(self, *answers: str, keeps: KeptState | CoderError | None = None) -> None:
        super().__init__(*answers, tool_format=None)
        self._keeps = keeps
        self.taken_up: list[KeptState] = []

    def keep_state(self) -> KeptState | None:
        if isinstance(self._keeps, CoderError):
            raise self._keeps
        return self._keeps

    def take_up(self, kept: KeptState) -> bool:
        self.taken_up.append(kept)
        return True


@pytest.mark.parametrize("keeps", [None, CoderError("The disk is full."), KeptState(Path("s"), "p", 7)])
def test_a_state_that_was_kept_is_taken_up(root: Path, keeps: KeptState | CoderError | None) -> None:
    talk, model = Talk(root), Keeping("One.", keeps=keeps)
    conversation = talk.open()
    said(conversation, "one", model)
    conversation.close(model)
    again, later = talk.reopen(), Keeping("Two.", "Three.")
    for text in ("two", "three"):
        said(again, text, later)
    again.close(None)
    assert later.taken_up == ([keeps] if isinstance(keeps, KeptState) else [])


@pytest.mark.parametrize(
    ("mode", "named", "own", "ran"),
    [
        ("full", "Test: `test -e named`\n", None, ["test -e named"]),
        ("full", "Test: `test -e named`\n", "true", ["true"]),
        ("full", "Test: `test -e named`\nTest: `test -e other`\n", None, []),
        ("full", "", None, []),
        ("read-only", "Test: `test -e named`\n", None, []),
    ],
)
def test_the_users_check_goes_before_the_only_one_that_is_named(
    root: Path, mode: Mode, named: str, own: str | None, ran: list[str]
) -> None:
    (root / "AGENTS.md").write_text(named)
    (root / "named").touch()
    conversation = Talk(root, mode).open(check=Check(own) if own else None)
    calls = (DONE,) if mode == "read-only" else (FIX, DONE)
    happened = said(conversation, "Make add add.", ScriptedGenerator(*script(*calls)))
    assert outcome(happened).status == "done"
    assert [event.result.command for event in happened if isinstance(event, Checked)][-1:] == ran


def test_servers_run_from_the_first_turn_to_the_end(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    talk = Talk(root, "full")
    pids = tmp_path / "pids"
    server = raw(tmp_path, before=f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')", confined=False)
    conversation = talk.open(servers=[server])
    assert not pids.exists()
    for _ in range(2):
        happened = said(conversation, "Go.", ScriptedGenerator(*script(("raw.go", {}), DONE)))
        assert observed(happened)[0].ok
    conversation.close(None)
    (pid,) = map(int, pids.read_text().split())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
