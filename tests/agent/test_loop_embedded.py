"""The loop with a real model: tiny, so it gets little done, but each of its answers is a call."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.agent.briefing import KnownRepository, brief
from assistant.agent.events import Called, Observed, Outcome
from assistant.agent.session import Sessions
from assistant.catalog import embedded
from assistant.chat.families import FAMILIES
from assistant.chat.generator import Reply
from assistant.chat.local import LocalGenerator
from assistant.chat.tools import ToolFormatName
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.state_store import StateStore
from assistant.repo.workspace import find_workspace
from tests.agent.agent_run import Run


class WithTools(LocalGenerator):
    """It is too small to get anywhere with tools; that it is held to their calls can be seen all the same."""

    tool_format: ToolFormatName | None = "json"


def load(states: Path, n_ctx: int = 1536, *, tools: bool = True) -> LocalGenerator:
    path = embedded.available()
    assert path is not None
    model = Model(path)
    return (WithTools if tools else LocalGenerator)(
        model,
        Context(model, ContextOptions(n_ctx=n_ctx, threads=1)),
        None,
        family=FAMILIES["chatml"],
        states=StateStore(states, 2**30),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    return root


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[LocalGenerator]:
    with closing(load(tmp_path / "states")) as generator:
        yield generator


def replies(run: Run) -> list[Reply]:
    return [event for event in run.events if isinstance(event, Reply)]


def test_each_answer_is_one_call(root: Path, generator: LocalGenerator) -> None:
    run = Run(root, mode="read-only", steps=2)
    run(generator)
    calls = [event for event in run.events if isinstance(event, Called)]
    assert len(calls) == len(replies(run)) > 0
    assert all(reply.finish == "stop" for reply in replies(run))
    assert isinstance(run.events[-1], Outcome)
    assert len([event for event in run.events if isinstance(event, Observed)]) == len(replies(run))


@pytest.mark.parametrize("tools", [True, False])
def test_ten_turns_evaluate_only_what_is_new(root: Path, tmp_path: Path, tools: bool) -> None:
    """Ten short tasks of a session, the prompt of each made anew from what is on disk: what was in the
    conversation before is evaluated once."""
    sessions = Sessions(root)
    done: list[Reply] = []
    with closing(load(tmp_path / "states", tools=tools)) as generator:
        for turn in range(10):
            with KnownRepository(find_workspace(root)) as repository:
                briefing = brief(repository, generator, repository.mentions(""), goes_on=turn > 0)
            task = f"Which file is number {turn}?"
            room = 40 if tools else 12
            run = Run(root, mode="read-only", steps=1, task=task, briefing=briefing, answer_tokens=room)
            session, history = sessions.resume("last") if turn else (sessions.new(), [])
            with session:
                run(generator, history=history)
                for event in run.events:
                    session.append(event)
            done += replies(run)
    assert len(done) == 10
    known = [reply.stats.prompt_tokens + reply.stats.emitted for reply in done[:-1]]
    reused = [reply.stats.reused_tokens for reply in done[1:]]
    assert all(now >= before - 1 for now, before in zip(reused, known, strict=True)), "but for the last token"
    assert sum(reused) / sum(known) > 0.95
    new = [reply.stats.prompt_tokens - before for reply, before in zip(done[1:], known, strict=True)]
    assert all(0 < each < 120 for each in new), "the rest is the turn itself"


def test_a_session_is_gone_on_with_in_another_process_without_a_prefill(root: Path, tmp_path: Path) -> None:
    sessions = Sessions(root)
    with sessions.new() as session, closing(load(tmp_path / "states")) as generator:
        first = Run(root, mode="read-only", steps=2)
        first(generator)
        for event in first.events:
            session.append(event)
        kept = generator.keep_state()
        assert kept is not None
        session.keep(kept)
    assert sessions.find("last").state_bytes > 0
    resumed, history = sessions.resume("last")
    with resumed, closing(load(tmp_path / "states")) as generator:
        assert resumed.kept and generator.take_up(resumed.kept)
        second = Run(root, mode="read-only", steps=1, task="Go on.")
        second(generator, history=history)
    before, after = replies(first)[-1].stats, replies(second)[0].stats
    assert after.reused_tokens >= before.prompt_tokens + before.emitted - 1
