"""What a growing answer says to the user."""

from itertools import pairwise

import pytest

from assistant.chat.tools import FORMATS, ToolFormatName
from assistant.chat.tools.spoken import spoken

ANSWER = 'It "is".\n\n```python\nx = {1: 2}\n```\nüñ😀 end'


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("thought", ["", "I look: a < b.\n"])
@pytest.mark.parametrize(
    ("tool", "arguments", "closing"),
    [("done", {"answer": ANSWER}, ANSWER), ("read", {"path": "a.py", "answer": "no"}, "")],
)
def test_words_and_the_closing_answer_grow(
    format: ToolFormatName, thought: str, tool: str, arguments: dict[str, str], closing: str
) -> None:
    written = thought + FORMATS[format].call(tool, arguments)
    grown = [spoken(written[:end]) for end in range(len(written) + 1)]
    assert grown[-1] == "\n\n".join(filter(None, (thought.rstrip(), closing)))
    assert all(after.startswith(before) for before, after in pairwise(grown))
    assert len(set(grown)) > len(closing) // 2, "it is shown while it is written"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Plain words, `{x}` and <b>.", "Plain words, `{x}` and <b>."),
        ('{"thought": "I \\"see\\"", "name": "read", "arguments": {"path": "a"}}', 'I "see"'),
        ('{"thought": "So", "name": "done", "arguments": {"answer": "yes\\n', "So\n\nyes\n"),
        ('{"name": "done", "arguments": {"answer": "\\ud83d', ""),
        ('{"name": "done", "arguments": {}}', ""),
    ],
)
def test_what_is_said(answer: str, said: str) -> None:
    assert spoken(answer) == said
