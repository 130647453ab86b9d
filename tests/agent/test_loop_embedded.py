"""The loop with a real model: tiny, so it gets little done, but each of its answers is a call."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from assistant.agent.events import Called, Observed, Outcome
from assistant.catalog import embedded
from assistant.chat.families import FAMILIES
from assistant.chat.generator import Reply
from assistant.chat.local import LocalGenerator
from assistant.engine.llama import Context, ContextOptions, Model
from tests.agent.agent_run import Run


@pytest.fixture
def generator() -> Iterator[LocalGenerator]:
    path = embedded.available()
    assert path is not None
    model = Model(path)
    generator = LocalGenerator(
        model, Context(model, ContextOptions(n_ctx=1536, threads=1)), None, family=FAMILIES["chatml"]
    )
    yield generator
    generator.close()


def test_each_answer_is_one_call_and_reads_only_what_is_new(
    tmp_path: Path, generator: LocalGenerator
) -> None:
    (tmp_path / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    run = Run(tmp_path, mode="read-only", steps=2)
    run(generator)
    calls = [event for event in run.events if isinstance(event, Called)]
    replies = [event for event in run.events if isinstance(event, Reply)]
    assert len(calls) == len(replies) > 0
    assert all(reply.finish == "stop" for reply in replies)
    for before, after in pairwise(replies):
        known = before.stats.prompt_tokens + before.stats.emitted
        assert after.stats.reused_tokens >= known - 1
    assert isinstance(run.events[-1], Outcome)
    assert len([event for event in run.events if isinstance(event, Observed)]) == len(replies)
