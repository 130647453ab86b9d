"""Text is the same wherever its bytes are cut: into tokens of a model, into pieces of a server's stream."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from assistant.chat.families import FAMILIES
from assistant.chat.generator import Reply, ReplyOptions, TextPiece
from assistant.chat.local import LocalGenerator
from assistant.chat.messages import Message
from assistant.engine.generate import Emitted, Finished, GenerationEvent
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.remote.chunk import parse_chunk
from assistant.remote.errors import ServerError
from assistant.remote.sse import EventDecoder
from tests.engine.tiny_gguf import CONTROL, write_tiny
from tests.fuzz import Property
from tests.fuzz.tool_calls import cut

_FAMILY = replace(FAMILIES["generic"], stop=("<|end|>",))
_TEXTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<|end|>", "<|", "é", "日", "👩‍🚀", "\n", " "])
    | st.text(max_size=4),
    max_size=10,
).map("".join)
_BYTES = _TEXTS.map(str.encode) | st.binary(max_size=30)
_CUTS = st.lists(st.integers(0, 80), max_size=8)
_LINES = st.sampled_from(
    [b"data: ", b"data:", b": ping", b"\r", b"\n", b"\n\n", b"\r\n\r\n", b"event: x", b"[DONE]"]
)


def target(folder: Path) -> Property:
    model = Model(write_tiny(folder / "tiny.gguf"))
    generator = LocalGenerator(
        model, Context(model, ContextOptions(n_ctx=256, threads=1)), None, family=_FAMILY
    )

    def reply(pieces: Sequence[bytes]) -> tuple[Reply, str]:
        """What becomes of these bytes as tokens, and the pieces that were shown meanwhile."""

        def emitted(*_: object, **__: object) -> Iterator[GenerationEvent]:
            yield from (Emitted([len(CONTROL) + byte for byte in piece]) for piece in pieces)
            yield Finished("stop")

        with patch("assistant.chat.local.generate", emitted):
            *shown, last = generator.reply([Message("user", "hi")], ReplyOptions(speculate=False))
        assert isinstance(last, Reply)
        texts = [(each.text, each.thinking) for each in shown if isinstance(each, TextPiece)]
        assert all(text for text, _ in texts)
        assert "".join(text for text, thinking in texts if thinking) == last.thinking
        return last, "".join(text for text, thinking in texts if not thinking)

    @given(
        raw=_BYTES,
        cuts=_CUTS,
        texts=st.lists(_TEXTS, max_size=4),
        noise=st.lists(_LINES | _BYTES, max_size=8),
    )
    def streams(raw: bytes, cuts: list[int], texts: list[str], noise: list[bytes]) -> None:
        (whole, shown), (pieces, shown_of_pieces) = reply([raw]), reply(cut(raw, cuts))
        assert (pieces.text, pieces.thinking) == (whole.text, whole.thinking)
        assert shown == whole.text and shown_of_pieces == pieces.text
        sent = b"".join(f"data: {json.dumps(text, ensure_ascii=False)}\r\n\r\n".encode() for text in texts)
        assert [json.loads(event) for event in events(cut(sent, cuts))] == texts
        stream = b"".join(noise)
        found = events(cut(stream, cuts))
        assert found == events([stream])
        for event in found:
            try:
                parse_chunk(event, "example.org")
            except ServerError as error:
                assert error.message

    return streams


def events(pieces: Sequence[bytes]) -> list[str]:
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]
