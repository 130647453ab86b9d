"""What is offered after an @."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.completion import MentionCompleter

COMPLETER = MentionCompleter(
    ["README.md", "assistant/agent/mentions.py", "assistant/repo/map/index.py", "tests/test_mentions.py"],
    ["resolve_mentions", "RepositoryIndex"],
)


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("ment", "assistant/agent/mentions.py"),
        ("MENTIONS", "assistant/agent/mentions.py"),
        ("tests", "tests/"),
        ("assistant/re", "assistant/repo/"),
        ("map/ind", "assistant/repo/map/index.py"),
        ("mentoins.py", "assistant/agent/mentions.py"),
        ("repoindex", "RepositoryIndex"),
        ("resolve", "resolve_mentions"),
    ],
)
def test_the_best_is_first(prefix: str, first: str) -> None:
    assert COMPLETER.complete(prefix)[0] == first


def test_nothing_is_like_it() -> None:
    assert COMPLETER.complete("zzzzzz") == []


@given(st.lists(st.text("ab/._", min_size=1, max_size=12), max_size=30), st.text("ab/._A\n", max_size=5))
def test_it_is_bounded_and_offers_each_that_holds_the_prefix_once(files: list[str], prefix: str) -> None:
    completer = MentionCompleter(files)
    offered = completer.complete(prefix, limit=1000)
    assert len(offered) == len(set(offered))
    assert set(offered) >= {file for file in files if prefix.lower() in file}
    assert completer.complete(prefix, limit=3) == offered[:3]
