"""The body of a chat completion, in OpenAI's words and in those that the servers share beyond them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.engine.sampling import Sampling
from assistant.remote.server import Server

_EVERY_TOKEN = -1  # top-k switched off, as all three servers understand it


def completion(
    server: Server,
    messages: Sequence[Mapping[str, str]],
    sampling: Sampling,
    *,
    max_tokens: int | None,
    schema: str = "",
    thinking: bool = False,
) -> dict[str, Any]:
    """A streamed answer of at most `max_tokens` (None: as the server will), `schema` being the JSON schema
    that it must satisfy. A server that nobody knows is asked for no more than OpenAI's interface has."""
    body: dict[str, Any] = {
        "model": server.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    if schema:
        named = {"name": "answer", "strict": True, "schema": json.loads(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    if server.kind == "unknown":
        return body
    body |= {"top_k": sampling.top_k or _EVERY_TOKEN, "min_p": sampling.min_p}
    # Qwen's name of the switch, and DeepSeek's; a template ignores what it does not know.
    body["chat_template_kwargs"] = {"enable_thinking": thinking, "thinking": thinking}
    if server.kind == "llama.cpp":
        body |= {"return_progress": True, "timings_per_token": True}
        body |= {"repeat_penalty": sampling.repeat_penalty, "repeat_last_n": sampling.repeat_last_n}
    else:
        body["stream_options"]["continuous_usage_stats"] = True
        body["repetition_penalty"] = sampling.repeat_penalty
    return body
