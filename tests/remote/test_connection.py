"""What a connection bears, what it gives up, and what it never does."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Timer

import pytest

from assistant.errors import ContextFullError
from assistant.remote.address import parse_address
from assistant.remote.connection import Connection
from assistant.remote.errors import CancelledError, CutOffError, ServerError
from assistant.remote.retry import MOST_TRIES, wait_s
from tests.remote.conftest import KEY, Connect, Serve
from tests.remote.loopback import Answer, Loopback, completion, refused

CHAT = "/v1/chat/completions"


def ask(connection: Connection, cancel: Event | None = None) -> list[str]:
    return list(connection.stream(f"{connection.address.api}/chat/completions", {"stream": True}, cancel))


@pytest.mark.parametrize(
    "fault",
    [refused(500), refused(503, "Loading model"), refused(429, Retry_After="0"), Answer(then="reset")],
    ids=["500", "503", "429", "reset"],
)
def test_a_passing_fault_is_borne(fault: Answer, serve: Serve, connect: Connect, told: list[str]) -> None:
    server = serve()
    server.answers = [fault, fault, completion("Hi")]
    assert len(ask(connect(server))) == 3
    assert len(told) == 2
    assert all("Asked again in" in note for note in told)


def test_a_lasting_fault_is_not_borne_for_ever(serve: Serve, connect: Connect) -> None:
    server = serve()
    server.answers = [refused(502, "the model is gone")] * 9
    with pytest.raises(ServerError, match=r"502 Bad Gateway.*the model is gone"):
        ask(connect(server))
    assert len(server.asked) == MOST_TRIES


@pytest.mark.parametrize(
    ("status", "said", "message", "hint"),
    [
        (401, "bad key", "wants a key, or another one.*bad key", "CODER_API_KEY"),
        (403, "not yours", "does not permit this.*not yours", "right"),
        (404, "no model", "does not know this.*no model", "/v1"),
        (400, "n must be 1", "refused the request .400 Bad Request.*n must be 1", ""),
    ],
)
def test_a_refusal_is_final(
    status: int, said: str, message: str, hint: str, serve: Serve, connect: Connect
) -> None:
    server = serve()
    server.answers = [refused(status, said)]
    with pytest.raises(ServerError, match=message) as caught:
        ask(connect(server))
    assert hint in caught.value.hint
    assert caught.value.status == status


@pytest.mark.parametrize(
    "body",
    [
        '{"error":{"code":400,"message":"6031 tokens exceed the available context size",'
        '"type":"exceed_context_size_error","n_prompt_tokens":6031,"n_ctx":4096}}',
        '{"object":"error","message":"This model\'s maximum context length is 4096 tokens.","code":400}',
        '{"error":{"code":"context_length_exceeded","message":"Too long."}}',
    ],
    ids=["llama-server", "vLLM", "OpenAI"],
)
def test_a_prompt_that_is_too_long_is_known_by_each_servers_words(
    body: str, serve: Serve, connect: Connect
) -> None:
    server = serve()
    server.answers = [Answer((body.encode(),), 400)]
    with pytest.raises(ContextFullError, match="does not fit"):
        ask(connect(server))


def test_nothing_is_sent_to_another_host(serve: Serve, connect: Connect) -> None:
    server, elsewhere = serve(), serve()
    server.answers = [refused(307, Location=f"{elsewhere.url}{CHAT}?k=1")]
    with pytest.raises(ServerError, match=f"sends on to {elsewhere.url}{CHAT} .307.") as caught:
        ask(connect(server))
    assert elsewhere.asked == []
    assert "--engine" in caught.value.hint


def test_the_key_goes_to_the_server_and_is_never_shown(serve: Serve, connect: Connect) -> None:
    server = serve()
    server.answers = [refused(401, f"Incorrect key {KEY}")]
    with pytest.raises(ServerError) as caught:
        ask(connect(server))
    assert server.asked[0][1]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(caught.value) + caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "answer", [Answer(then="mute"), Answer((b": still here\n",), then="hang"), refused(503, Retry_After="30")]
)
def test_whatever_is_waited_for_can_be_given_up(answer: Answer, serve: Serve, connect: Connect) -> None:
    server, cancel = serve(), Event()
    server.answers = [answer]
    connection = connect(server)
    Timer(0.1, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        ask(connection, cancel)
    assert time.monotonic() - began < 10
    assert not answer.then or server.left.wait(20)


def test_a_server_that_says_nothing_is_given_up(serve: Serve, connect: Connect) -> None:
    server = serve()
    server.answers = [Answer(then="mute")]
    with pytest.raises(ServerError, match="said nothing for 0 s"):
        ask(connect(server, silence_s=0.2))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer((b"data: {}\n\n",), then="cut"), "broke the answer off"),
        (Answer((b"data: {}\n\n",), then="hang"), "said nothing any more"),
        (Answer((b"data: {}\n\n",)), "broke the answer off"),
    ],
    ids=["reset", "silence", "no end"],
)
def test_an_answer_that_breaks_off(answer: Answer, reason: str, serve: Serve, connect: Connect) -> None:
    server = serve()
    server.answers = [answer]
    events = connect(server, silence_s=0.3).stream(f"{server.url}{CHAT}", {})
    assert next(events) == "{}"
    with pytest.raises(CutOffError, match=reason):
        next(events)


def test_an_answer_that_is_no_stream(serve: Serve, connect: Connect) -> None:
    server = serve()
    body = b'{"error": {"message": "streaming is switched off"}}'
    server.answers = [Answer((body,), headers={"Content-Type": "application/json"})]
    with pytest.raises(ServerError, match="does not stream its answer: streaming is switched off"):
        ask(connect(server))


def test_an_answer_that_is_not_wanted_any_more_closes_its_connection(serve: Serve, connect: Connect) -> None:
    server = serve()
    server.answers = [Answer((b"data: {}\n\n",), then="hang")]
    events = connect(server).stream(f"{server.url}{CHAT}", {})
    assert next(events) == "{}"
    events.close()
    assert server.left.wait(20)


def test_a_place_where_nobody_answers(connect: Connect, told: list[str]) -> None:
    with pytest.raises(ServerError, match="Nothing answers"):
        ask(connect(Loopback("http://127.0.0.1:1")))
    assert len(told) == MOST_TRIES - 1


def test_a_proxy_has_no_part_in_what_stays_on_this_machine(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = serve(), serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.answers = [completion("Hi")]
    ask(connect(server))
    assert proxy.asked == []
    away = Connection(parse_address("http://gpu.invalid:8000"))
    proxy.others["http://gpu.invalid:8000/v1/models"] = Answer((b"through the proxy",))
    assert away.get("http://gpu.invalid:8000/v1/models") == "through the proxy"
    away.close()


def test_the_wait_grows_and_is_the_servers_to_choose() -> None:
    waits = [wait_s(tries, 1.0, None) for tries in range(1, MOST_TRIES)]
    assert all(0.5 * 2**i <= (wait or 0) <= 2.0**i for i, wait in enumerate(waits))
    assert wait_s(MOST_TRIES, 1.0, "0") is None
    assert wait_s(1, 1.0, "7") == 7
    assert wait_s(1, 1.0, "3600") is None
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 15 < (wait_s(1, 1.0, soon) or 0) <= 20
    assert (wait_s(1, 1.0, "soon") or 9) <= 1
