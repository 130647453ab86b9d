"""The generator over a server: what it asks for, and what becomes of the stream."""

import json
from collections.abc import Sequence
from threading import Event, Timer
from typing import Any

import pytest

from assistant.agent.tools import Toolbox, tools_for
from assistant.chat.generator import PromptRead, Reply, ReplyEvent, ReplyOptions, TextPiece
from assistant.chat.messages import Message
from assistant.chat.remote import RemoteGenerator
from assistant.engine.constraint import Grammar
from assistant.engine.sampling import Sampling
from assistant.errors import ContextFullError, UsageError
from assistant.remote.errors import ServerError
from tests.remote.conftest import Generate, Serve
from tests.remote.loopback import Answer, chunk, completion, event, refused

HELLO = [Message("user", "Hello")]
# Every character that ends a line somewhere, and some that take several bytes.
TEXTS = ("naïve ", "日本語 ", "🦙\r\n", "a\u2028b\x0bc\x85d", "\ue000 end")
TOOLS = tools_for()
CALL = Toolbox(TOOLS, "json", room=500).grammar


def reply(
    generator: RemoteGenerator, options: ReplyOptions | None = None, said: Sequence[Message] = HELLO
) -> tuple[Reply, list[ReplyEvent]]:
    *events, last = generator.reply(said, options or ReplyOptions())
    assert isinstance(last, Reply)
    pieces = [each for each in events if isinstance(each, TextPiece)]
    assert "".join(piece.text for piece in pieces if not piece.thinking) == last.text
    assert "".join(piece.text for piece in pieces if piece.thinking) == last.thinking
    return last, events


@pytest.mark.parametrize("every", [0, 1, 2, 3, 7, 4096])
def test_text_is_whole_however_the_stream_is_cut(every: int, serve: Serve, generate: Generate) -> None:
    server = serve()
    server.answers = [completion(*TEXTS, every=every)]
    last, events = reply(generate(server))
    assert (last.text, last.finish) == ("".join(TEXTS), "stop")
    assert isinstance(events[0], PromptRead)


def delta(**fields: str) -> bytes:
    return event({"choices": [{"delta": fields}]})


@pytest.mark.parametrize(
    "pieces",
    [
        [delta(reasoning_content="Let me "), delta(reasoning_content="see."), chunk("Yes.")],
        [delta(reasoning="Let me see."), chunk("Yes.")],
        [chunk("<thi"), chunk("nk>Let me see.</th"), chunk("ink>\n\nYes.")],
    ],
    ids=["reasoning_content", "reasoning", "in the content"],
)
def test_reasoning_is_kept_apart(pieces: list[bytes], serve: Serve, generate: Generate) -> None:
    server = serve()
    server.answers = [Answer((*pieces, chunk(finish="stop"), b"data: [DONE]\n\n"))]
    last, _ = reply(generate(server))
    assert (last.text, last.thinking, last.finish) == ("Yes.", "Let me see.", "stop")


def test_a_stop_string_ends_the_answer_and_closes_the_stream(serve: Serve, generate: Generate) -> None:
    server = serve()
    pieces = (delta(reasoning="A STOP here is none. "), chunk("One S"), chunk("TOP two"))
    server.answers = [Answer(pieces, then="hang")]
    last, _ = reply(generate(server), ReplyOptions(stop=("STOP",)))
    assert (last.text, last.finish) == ("One ", "stop")
    assert server.left.wait(20)


@pytest.mark.parametrize(
    ("reason", "tokens", "finish"),
    [
        ("length", 10, "length"),
        ("length", 4090, "context"),
        ("tool_calls", 10, "stop"),
        ("abort", 10, "lost"),
    ],
)
def test_why_an_answer_ended(reason: str, tokens: int, finish: str, serve: Serve, generate: Generate) -> None:
    server = serve()
    usage = {"prompt_tokens": 6, "completion_tokens": tokens}
    server.answers = [completion("Hi", finish=reason, usage=usage)]
    last, _ = reply(generate(server))
    assert (last.text, last.finish) == ("Hi", finish)
    assert bool(last.notes) == (finish == "lost")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer((chunk("One "), chunk("two")), then="cut"), "broke the answer off"),
        (Answer((chunk("One "), chunk("two")), then="hang"), "said nothing any more"),
        (Answer((chunk("One "), chunk("two"))), "broke the answer off"),
        (Answer((chunk("One "), chunk("two"), event({"error": {"message": "CUDA died."}}))), "CUDA died"),
        (Answer((chunk("One "), chunk("two"), b"data: {broken\n\n")), "does not answer as OpenAI's"),
    ],
    ids=["reset", "silence", "no end", "an error", "no JSON"],
)
def test_what_came_before_the_server_was_lost_is_kept(
    answer: Answer, reason: str, serve: Serve, generate: Generate
) -> None:
    server = serve()
    server.answers = [answer]
    last, _ = reply(generate(server, silence_s=0.3))
    assert (last.text, last.finish, last.stats.emitted) == ("One two", "lost", 2)
    assert reason in last.notes[0]


def test_an_answer_that_has_ended_needs_no_goodbye(serve: Serve, generate: Generate) -> None:
    server = serve()
    server.answers = [Answer((chunk("One", finish="stop"),))]
    last, _ = reply(generate(server))
    assert (last.text, last.finish, last.notes) == ("One", "stop", ())


def test_an_answer_that_fails_before_its_first_word_is_an_error(serve: Serve, generate: Generate) -> None:
    server = serve()
    server.answers = [Answer((event({"error": {"message": "CUDA died."}}),))]
    with pytest.raises(ServerError, match="CUDA died"):
        reply(generate(server))


def test_it_can_be_cancelled_while_the_server_is_silent(serve: Serve, generate: Generate) -> None:
    server, cancel = serve(), Event()
    server.answers = [Answer((chunk("One "), chunk("two")), then="hang")]
    for each in generate(server).reply(HELLO, ReplyOptions(cancel=cancel)):
        if isinstance(each, TextPiece) and each.text == "two":
            Timer(0.1, cancel.set).start()
    assert isinstance(each, Reply)
    assert (each.text, each.finish, each.notes) == ("One two", "cancelled", ())
    assert server.left.wait(20)


def test_a_stream_that_never_pauses_is_cancelled_at_once(serve: Serve, generate: Generate) -> None:
    server, cancel = serve(), Event()
    server.answers = [completion(*"abcdefghij", every=4096)]
    for each in generate(server).reply(HELLO, ReplyOptions(cancel=cancel)):
        if isinstance(each, TextPiece):
            cancel.set()
    assert isinstance(each, Reply)
    assert (each.text, each.finish) == ("a", "cancelled")


def test_a_prompt_that_does_not_fit_is_not_sent(serve: Serve, generate: Generate) -> None:
    server = serve()
    with pytest.raises(ContextFullError, match="5000 tokens"):
        reply(generate(server), said=[Message("user", "x" * 5000)])
    assert server.completions == []


@pytest.mark.parametrize("kind", ["llama.cpp", "vLLM", "SGLang", "unknown"])
def test_what_is_asked_for(kind: str, serve: Serve, generate: Generate) -> None:
    server = serve(kind)
    server.answers = [completion("Hi")]
    options = ReplyOptions(Sampling(0.5, top_p=0.9, seed=7), max_tokens=100_000, thinking=True)
    reply(generate(server), options)
    (body,) = server.completions
    assert body["messages"] == [{"role": "user", "content": "Hello"}]
    assert (body["temperature"], body["top_p"], body["seed"]) == (0.5, 0.9, 7)
    assert body["max_tokens"] == (100_000 if kind == "unknown" else 4096 - 5)
    beyond = {"top_k", "min_p", "chat_template_kwargs"} & body.keys()
    assert len(beyond) == (0 if kind == "unknown" else 3)


def test_a_call_is_asked_for_as_a_schema(serve: Serve, generate: Generate) -> None:
    server = serve("llama.cpp")
    written = json.dumps({"thought": "Look.", "name": "read", "arguments": {"path": "a {b}.py"}})
    server.answers = [completion(*written)]
    generator = generate(server)
    last, _ = reply(generator, ReplyOptions(grammar=CALL))
    call = Toolbox(TOOLS, generator.tool_format, room=500).parse(last.text)
    assert call is not None
    assert (call.name, call.arguments) == ("read", {"path": "a {b}.py"})
    schema = server.completions[0]["response_format"]["json_schema"]["schema"]
    assert [each["properties"]["name"]["enum"] for each in schema["anyOf"]] == [[tool.name] for tool in TOOLS]


def test_a_server_that_takes_no_schema_answers_freely(serve: Serve, generate: Generate) -> None:
    server = serve("unknown")
    server.answers = [refused(400, "response_format is not supported"), completion("A"), completion("B")]
    generator = generate(server)
    first, _ = reply(generator, ReplyOptions(grammar=CALL))
    second, _ = reply(generator, ReplyOptions(grammar=CALL))
    assert (first.text, second.text) == ("A", "B")
    assert "answers are free" in first.notes[0]
    assert second.notes == ()
    assert ["response_format" in body for body in server.completions] == [True, False, False]


def test_another_refusal_is_no_reason_to_do_without_a_schema(serve: Serve, generate: Generate) -> None:
    server = serve()
    server.answers = [refused(400, "seed must be positive")]
    with pytest.raises(ServerError, match="seed must be positive"):
        reply(generate(server), ReplyOptions(grammar=CALL))


def test_a_grammar_that_no_server_takes_is_refused(serve: Serve, generate: Generate) -> None:
    with pytest.raises(UsageError, match="no lark grammar"):
        reply(generate(serve()), ReplyOptions(grammar=Grammar("lark", "start: /a/")))


def test_the_prompt_is_seen_being_read(serve: Serve, generate: Generate) -> None:
    server = serve("llama.cpp")
    progress: list[Any] = [{"total": 90, "cache": 10, "processed": done} for done in (50, 90)]
    read = (event({"choices": [{"delta": {}}], "prompt_progress": each}) for each in progress)
    server.answers = [Answer((*read, chunk("Hi", finish="stop"), b"data: [DONE]\n\n"))]
    _, events = reply(generate(server))
    assert events[1:3] == [PromptRead(50, 90, 10), PromptRead(90, 90, 10)]


def test_equal_messages_are_counted_once(serve: Serve, generate: Generate) -> None:
    server = serve()
    generator = generate(server)
    asked = len(server.asked)
    assert [generator.count_tokens(HELLO) for _ in range(3)] == [5, 5, 5]
    assert len(server.asked) == asked + 1
