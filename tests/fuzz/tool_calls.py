"""A call is read from an answer or refused, however the answer came in pieces."""

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.tools import Toolbox, tools_for
from assistant.chat.answer_text import AnswerText
from assistant.chat.families import FAMILIES
from assistant.chat.thinking import ThinkingSplitter
from assistant.chat.tools import FORMATS, Call, ToolCallError, ToolFormatName, parse_call
from assistant.chat.tools.dsml import CLOSE
from tests.fuzz import Property

_NAMES = ("read", "run", "edit")
_FORMATS = st.sampled_from(sorted(FORMATS))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_ARGUMENTS = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=6),
    _VALUES | st.sampled_from(["</", '"', "{}", "｜", "\n"]),
    max_size=4,
)
_PIECES = st.sampled_from([
    '{"name": "read", "arguments": ', '{"name": ', "{", "}", '"', "[", "]", ":", ",", "\\",
    "<tool_call>", "</tool_call>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>",
    "function<｜tool▁sep｜>", "<｜tool▁sep｜>", "read", "```json",
    '<｜DSML｜invoke name="read">', '<｜DSML｜parameter name="path" string="true">',
    '<｜DSML｜parameter name="first" string="false">', CLOSE, "</｜DSML｜invoke>",
    "1" * 5000, "[" * 1500, '{"a":' * 1500, "\n", "\ud800", "NaN",
]) | st.text(max_size=6)  # fmt: skip
_CUTS = st.lists(st.integers(0, 400), max_size=8)


def target(folder: Path) -> Property:
    toolboxes = {name: Toolbox(tools_for(), name, room=2000) for name in FORMATS}

    @given(
        noise=st.lists(_PIECES, max_size=12).map("".join),
        thought=st.text("abc \n", max_size=20),
        written=_FORMATS,
        arguments=_ARGUMENTS,
        cuts=_CUTS,
    )
    def tool_calls(
        noise: str, thought: str, written: ToolFormatName, arguments: dict[str, Any], cuts: list[int]
    ) -> None:
        raw = noise.encode("utf-8", "surrogatepass")
        whole = read([raw])
        assert read(cut(raw, cuts)) == whole
        try:
            toolboxes[written].parse(noise)
        except ToolCallError as error:
            assert error.message and error.hint
        answer = (thought + FORMATS[written].call("read", arguments)).encode()
        assert read(cut(answer, cuts)) == repr(Call("read", arguments))

    return tool_calls


def read(pieces: Sequence[bytes]) -> str:
    """The call of an answer that comes in these pieces, or why it is refused, to compare."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    answer = AnswerText(ThinkingSplitter(FAMILIES["generic"], ""), ("<|end|>",))
    for piece in pieces:
        answer.split(decoder.decode(piece))
    answer.split(decoder.decode(b"", final=True))
    answer.flush()
    try:
        return repr(parse_call(answer.text, _NAMES))
    except ToolCallError as error:
        return error.message


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """`raw` in pieces that end at these places."""
    ends = sorted({min(place, len(raw)) for place in places})
    return [raw[a:b] for a, b in zip([0, *ends], [*ends, len(raw)], strict=True)]
