"""What is found out about a server before it is asked for an answer."""

from typing import Any

import pytest

from assistant.errors import UsageError
from assistant.remote.errors import ServerError
from assistant.remote.server import ASSUMED_CONTEXT, Server, count_tokens, discover
from tests.remote.conftest import Connect, Serve
from tests.remote.loopback import MODEL, Answer, Loopback

SAID = [{"role": "user", "content": "Hello there."}]
SGLANG_SPECULATING = "sglang:spec_accept_length 0.0\n"
SPECULATING = "vllm:spec_decode_num_drafts_total 0\n" + "".join(
    f'vllm:spec_decode_num_{name}_tokens_total{{engine="0"}} 0.0\n' for name in ("draft", "accepted")
)


@pytest.fixture
def found(connect: Connect, told: list[str]) -> Any:
    def found(server: Loopback, model: str | None = None, context: int | None = None) -> Server:
        return discover(connect(server), model=model, context_tokens=context, tell=told.append)

    return found


@pytest.mark.parametrize(
    ("kind", "metrics", "expected"),
    [
        ("llama.cpp", "", Server("llama.cpp", MODEL, 4096, counts=True, drafts=False)),
        ("vLLM", "", Server("vLLM", MODEL, 4096, counts=True, drafts=False)),
        ("vLLM", SPECULATING, Server("vLLM", MODEL, 4096, counts=True, drafts=True)),
        (
            "SGLang",
            "sglang:spec_accept_length 0.0\n",
            Server("SGLang", MODEL, 4096, counts=True, drafts=True),
        ),
        ("unknown", "", Server("unknown", MODEL, ASSUMED_CONTEXT, counts=False, drafts=False)),
    ],
)
def test_what_each_server_says_of_itself(
    kind: str, metrics: str, expected: Server, serve: Serve, found: Any, told: list[str]
) -> None:
    server = serve(kind)
    server.metrics = [metrics] if metrics else []
    assert found(server) == expected
    assert len(told) == (2 if kind == "unknown" else 0)
    assert expected.short_name == "Tiny-1B"


def test_an_older_llama_server_tells_its_context_in_its_properties(serve: Serve, found: Any) -> None:
    server = serve("llama.cpp")
    server.models = [{"id": "/models/tiny.gguf", "owned_by": "llamacpp", "meta": None}]
    server.others["/props"] = Answer((b'{"default_generation_settings": {"n_ctx": 2048}}',))
    assert (found(server).context_tokens, found(server).short_name) == (2048, "tiny")


@pytest.mark.parametrize(
    ("models", "wanted", "chosen"),
    [
        ([{"id": "a"}], None, "a"),
        ([{"id": "a"}, {"id": "b"}], "b", "b"),
        ([{"id": "/models/a.gguf", "aliases": ["a"]}], "a", "/models/a.gguf"),
    ],
)
def test_the_model_is_the_only_one_or_the_one_named(
    models: Any, wanted: str | None, chosen: str, serve: Serve, found: Any
) -> None:
    server = serve("unknown")
    server.models = models
    assert found(server, wanted).model == chosen


@pytest.mark.parametrize(
    ("models", "wanted", "hint"),
    [
        (["Qwen/Qwen3-8B", "a/b"], None, "--model: Qwen/Qwen3-8B, a/b"),
        (["Qwen/Qwen3-8B", "a/b"], "qwen3-8b", "Did you mean Qwen/Qwen3-8B?"),
        (["Qwen/Qwen3-8B", "a/b"], "Qwen/Qwen3-4B", "Did you mean Qwen/Qwen3-8B?"),
        (["Qwen/Qwen3-8B", "a/b"], "llama", "It serves Qwen/Qwen3-8B, a/b."),
        ([f"m{i}" for i in range(30)], None, "m7 and 22 more"),
    ],
)
def test_a_model_that_is_not_there(
    models: list[str], wanted: str | None, hint: str, serve: Serve, found: Any
) -> None:
    server = serve("unknown")
    server.models = [{"id": model} for model in models]
    with pytest.raises(UsageError) as caught:
        found(server, wanted)
    assert hint in caught.value.hint


def test_a_context_is_at_most_that_of_the_server(serve: Serve, found: Any) -> None:
    server = serve()
    assert found(server, context=1024).context_tokens == 1024
    with pytest.raises(UsageError, match="4096 tokens, not 8000"):
        found(server, context=8000)


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'{"models": []}', b"[1]", b'{"data": []}'])
def test_what_is_no_such_server(body: bytes, serve: Serve, found: Any) -> None:
    server = serve()
    server.others["/v1/models"] = Answer((body,))
    with pytest.raises(ServerError, match=r"list models|serves no model"):
        found(server)


@pytest.mark.parametrize("kind", ["llama.cpp", "vLLM", "SGLang"])
def test_tokens_are_counted_by_the_server(kind: Any, serve: Serve, connect: Connect) -> None:
    server = serve(kind)
    assert count_tokens(connect(server), kind, MODEL, SAID) == len("Hello there.")


@pytest.mark.parametrize("kind", ["llama.cpp", "vLLM"])
@pytest.mark.parametrize(
    "nonsense", [b"[" * 100_000, b"{}", b'{"tokens": 7, "count": "many"}', b"\xff"], ids=range(4)
)
def test_a_server_that_counts_nonsense_is_one_that_does_not_count(
    kind: str, nonsense: bytes, serve: Serve, found: Any
) -> None:
    server = serve(kind)
    server.others |= {path: Answer((nonsense,)) for path in ("/tokenize", "/apply-template", "/props")}
    assert not found(server).counts


def test_a_server_that_does_not_count_is_estimated(serve: Serve, found: Any, told: list[str]) -> None:
    server = serve("SGLang")
    server.others["/tokenize"] = Answer((b'{"detail": "messages: unexpected"}',), 422)
    assert not found(server).counts
    assert "does not count tokens" in told[0]
