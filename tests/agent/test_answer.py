"""The code in an answer is found, or it is said why there is none to use."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.answer import UnusableAnswerError, code_blocks, fence_for, only_block
from assistant.chat.generator import FinishReason

CODE = st.lists(
    st.sampled_from(
        ["x = 1", "", "    indented", "```", "~~~~", "````python", "a `b` ``` c", "é\x0c\u2028y\x85"]
    ),
    min_size=1,
    max_size=8,
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(CODE, st.sampled_from(["", "python", "python title=x"]))
def test_code_in_a_long_enough_fence_comes_out_as_it_went_in(code: str, info: str) -> None:
    fence = fence_for(code)
    answer = f"Here it is:\n\n{fence}{info}\n{code}{fence}\n\nThat was it."
    (block,) = code_blocks(answer)
    assert (block.text, block.info, block.closed) == (code, info, True)
    if code.strip():
        assert only_block(answer, "stop") == code


def test_blocks_in_order_with_what_they_say_they_are() -> None:
    answer = "a\n```python\nx\n```\nb\n~~~\ny\n```\n~~~\n   ```\nz"
    blocks = code_blocks(answer)
    assert [(b.info, b.text, b.closed) for b in blocks] == [
        ("python", "x\n", True),
        ("", "y\n```\n", True),
        ("", "z\n", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Use ```x``` or `y`.\n",
        "```one line```\n",
        "    ```\n    deep\n    ```\n",
        "a ``` in the middle\n",
    ],
)
def test_what_only_looks_like_a_fence_is_none(text: str) -> None:
    assert code_blocks(text) == []


def test_windows_line_endings_of_a_model_are_kept_in_the_code() -> None:
    (block,) = code_blocks("```\r\nx\r\ny\r\n```\r\n")
    assert (block.text, block.closed) == ("x\r\ny\r\n", True)


def test_a_form_feed_ends_no_line() -> None:
    assert only_block("```\na\x0c```\nb\u2028```\nc\n```\n", "stop") == "a\x0c```\nb\u2028```\nc\n"


@pytest.mark.parametrize(
    ("answer", "finish", "reason"),
    [
        ("I cannot do that.", "stop", "no code block"),
        ("", "stop", "no code block"),
        ("```python\nx = 1\n", "length", "cut off"),
        ("```python\nx = 1\n", "context", "cut off"),
        ("```python\nx = 1\n", "stop", "cut off"),
        ("```python", "length", "cut off"),
        ("```\nx\n```\nand\n```\ny\n", "length", "cut off"),
        ("```\nx\n```\nor\n```\ny\n```\n", "stop", "2 code blocks"),
        ("```\nx\n```\n" * 3, "stop", "3 code blocks"),
        ("```\n```", "stop", "empty"),
        ("```\n  \n\n```", "stop", "empty"),
        ("```\nx\n```\n", "cancelled", "cancelled"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(answer: str, finish: FinishReason, reason: str) -> None:
    with pytest.raises(UnusableAnswerError, match=reason):
        only_block(answer, finish)


@pytest.mark.parametrize("finish", [reason for reason in get_args(FinishReason) if reason != "cancelled"])
def test_talk_after_a_closed_block_may_be_cut_off(finish: FinishReason) -> None:
    assert only_block("```\nx\n```\nThis changes", finish) == "x\n"
