"""Sessions on disk: whole after a kill, gone on with, and several at once."""

import json
import os
import time
from pathlib import Path

import pytest

from assistant.agent import events
from assistant.agent.events import Changed, Observed, Outcome, Started, Step, Usage
from assistant.agent.session import Session, Sessions
from assistant.agent.transcript import as_markdown
from assistant.chat.generator import KeptState, PromptRead
from assistant.errors import RefusedError, UsageError
from tests.agent.agent_run import CHECK, DONE, FIX, Run, call, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
USAGE = Usage(1, 0, 0, 1, 10)


def work(session: Session, root: Path, model: ScriptedGenerator, history: object = ()) -> Outcome:
    run = Run(root, test=CHECK)
    outcome = run(model, history=history)
    for event in run.events:
        session.append(event)
    return outcome


def test_a_session_is_gone_on_with_as_the_model_knew_it(root: Path) -> None:
    sessions = Sessions(root)
    first = ScriptedGenerator(*script(("read", {"path": "calc.py"}), FIX, DONE))
    with sessions.new() as session:
        work(session, root, first)
    resumed, history = sessions.resume("last")
    second = ScriptedGenerator(*script(DONE))
    with resumed:
        assert resumed.id == session.id
        work(resumed, root, second, history)
    before, after = first.asked[-1][0], second.asked[0][0]
    assert after[: len(before)] == before, "so that the KV cache keeps its prefix"
    assert after[-2].content == call(DONE[0], **DONE[1])
    assert after[-1].content.endswith("Make add add.")
    (record,) = sessions.all()
    assert (record.task, record.status, record.steps) == ("Make add add.", "done", 4)


DAMAGED = {
    "nothing": "{}",
    "a number": "7",
    "a depth without end": "[" * 50_000,
    "a null byte": "\0",
    "an event without a name": '{"event": 7}',
    "a start without its task": '{"event": "started"}',
    "a task that is none": '{"event": "started", "task": 7, "model": "m"}',
    "an answer without its text": '{"event": "reply", "text": null}',
    "half of a result": '{"event": "observed", "text": "x"}',
    "an end without a status": '{"event": "outcome"}',
    "tasks that cannot be counted": '{"event": "rewound", "tasks": "x"}',
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("calls_tools", [True, False])
def test_a_damaged_line_keeps_no_session_from_being_gone_on_with(
    damage: str, calls_tools: bool, root: Path
) -> None:
    sessions = Sessions(root)
    with sessions.new() as session:
        work(session, root, ScriptedGenerator(*script(FIX, DONE)))
    with session.path.open("a") as file:
        file.write(f"{DAMAGED[damage]}\n")
    (record,) = sessions.all()
    assert (record.task, record.status) == ("Make add add.", "done")
    assert as_markdown(record, sessions.events(record.id))
    resumed, history = sessions.resume(record.id)
    answers = script(DONE) if calls_tools else ["It adds."]
    model = ScriptedGenerator(*answers, tool_format="hermes" if calls_tools else None)
    with resumed:
        run = Run(root, mode="read-only", task="What is @calc.py?")
        assert run(model, history=history).status == "done"


def test_what_was_written_before_a_kill_counts(root: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as session:
        session.append(Started("a task", "m", "ask"))
        session.append(PromptRead(1, 2, 0))
        session.append(Step(1, USAGE))
    (path,) = Path(session.path).parent.glob("*.jsonl")
    assert len(path.read_text().splitlines()) == 2, "progress is not kept"
    with path.open("a") as file:
        file.write('{"event": "observ')
    resumed, history = sessions.resume(session.id)
    with resumed:
        assert [event["event"] for event in history] == ["started", "step"]
        resumed.append(Observed("x", "x"))
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()[-1:]] == ["observed"]
    assert sessions.all()[0].status == ""
    assert path.stat().st_mode & 0o077 == 0, "it holds what is in the files"


def test_two_at_once_keep_apart(root: Path, tmp_path: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as one, sessions.new() as two:
        one.append(Started("one", "m", "ask"))
        two.append(Started("two", "m", "ask"))
        with pytest.raises(RefusedError, match="another coder"):
            sessions.resume(one.id)
    assert {record.task for record in sessions.all()} == {"one", "two"}
    assert Sessions(tmp_path).all() == [], "another folder's are not shown"
    with pytest.raises(UsageError, match="no session"):
        sessions.resume("nonsense")


DAY, TEN_YEARS = 86_400.0, 3650 * 86_400.0


@pytest.mark.parametrize("jump_s", [-DAY, TEN_YEARS, -TEN_YEARS])
def test_the_last_is_the_last_whatever_the_clock_does(
    jump_s: float, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, now = Sessions(root), time.time()
    for number, moment in enumerate((now, now + jump_s, now + 60)):
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        with sessions.new() as session:
            session.append(Started(f"{number}", "m", "ask"))
        os.utime(session.path, (moment, moment))
        assert sessions.find("last").id == session.id
    assert {record.task for record in sessions.all()} == {"0", "1", "2"}
    resumed, history = sessions.resume("last")
    with resumed:
        assert [event["task"] for event in history] == ["2"]


def test_every_event_can_be_kept(root: Path) -> None:
    run = Run(root, test=CHECK, mode="ask", consent="once")
    run(ScriptedGenerator(*script(FIX, DONE)))
    documents = [document for event in run.events if (document := events.as_json(event))]
    assert [document["event"] for document in documents] == [
        "started", "step", "reply", "called", "consented", "changed", "checking", "checked", "observed",
        "step", "reply", "called", "observed", "outcome",
    ]  # fmt: skip
    assert json.loads(json.dumps(documents))[-1]["test"]["exit_code"] == 0


def test_a_fork_goes_its_own_way(root: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as session:
        work(session, root, ScriptedGenerator(*script(FIX, DONE)))
        session.keep(KeptState(root / "state.kv", "prompt", 3))
        with session.path.open("a") as file:
            file.write('{"event": "observ')  # being written
        fork = sessions.fork(session.id)
    assert (fork.title, fork.steps) == ("Make add add. (fork)", sessions.find(session.id).steps)
    resumed, history = sessions.resume(fork.id)
    with resumed:
        assert history == sessions.events(session.id)
        assert resumed.kept == session.kept
        resumed.append(Started("more", "m", "ask"))
    assert len(sessions.events(fork.id)) == len(sessions.events(session.id)) + 1


def test_a_name_of_the_users_own(root: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as session:
        session.append(Started("a\n task", "m", "ask"))
        assert sessions.find("last").title == "a task"
        sessions.rename(session.id, "  my\nname \ud800")  # also while it is worked on
        assert sessions.find("last").title == "my name ?"
        sessions.rename("last", " ")
        assert sessions.find("last").title == "a task"
        sessions.rename("last", "gone with it")
        session.delete()
    assert [path.suffix for path in session.path.parent.iterdir()] == []
    with pytest.raises(UsageError, match="no session"):
        sessions.rename(session.id, "x")


def test_a_session_as_a_document(root: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as session:
        work(session, root, ScriptedGenerator(*script(("read", {"path": "calc.py"}), FIX, DONE)))
        session.append(Changed(("a.md",), "+```\n+````\n"))
    text = as_markdown(sessions.find("last"), sessions.events("last"))
    assert text.startswith(f"# Make add add.\n\nSession {session.id}\n\n## Question\n\nMake add add.\n")
    assert "\n- read calc.py" in text
    assert "```diff\n--- a/calc.py" in text
    assert "## Answer\n\nadd adds now.\n\n*done*" in text
    assert text.endswith("\n\n`````diff\n+```\n+````\n`````\n"), "the fence is longer than those inside"
