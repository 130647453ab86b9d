"""Events are whole or nothing, and none of them takes the memory."""

import pytest

from assistant.remote.errors import ServerError
from assistant.remote.sse import EventDecoder


@pytest.mark.parametrize(
    ("received", "events"),
    [
        (b"data: a\n\n", ["a"]),
        (b"data:a\r\n\r\n: ping\n\ndata: b\ndata:  c\n\n", ["a", "b\n c"]),
        (b"event: x\nid: 1\n\n\n", []),
        (b"data: a\n", []),
        ("data: \u2028\r\n\n".encode(), ["\u2028"]),
        (b"data: \xff\n\n", ["\ufffd"]),
    ],
)
def test_the_data_of_whole_events(received: bytes, events: list[str]) -> None:
    assert EventDecoder().feed(received) == events
    decoder = EventDecoder()
    assert [event for byte in received for event in decoder.feed(bytes([byte]))] == events


@pytest.mark.parametrize(
    "piece", [b"data: " + b"x" * 2**16, b"data: " + b"x" * 2**16 + b"\n", b"data:\n" * 2**13]
)
def test_an_event_without_end_is_refused(piece: bytes) -> None:
    decoder = EventDecoder()
    with pytest.raises(ServerError, match="event without end"):
        for _ in range(1000):
            decoder.feed(piece)


def test_many_events_are_no_long_one() -> None:
    decoder = EventDecoder()
    assert sum(len(decoder.feed(b"data: " + b"x" * 2**16 + b"\n\n")) for _ in range(200)) == 200
