"""Which server it is, which model it serves, and what can be asked of it beyond OpenAI's interface.

Found out from `/v1/models`, where each of them names itself: llama-server gives `meta.n_ctx` there, vLLM
and SGLang `max_model_len`. llama-server's README, vLLM's `entrypoints/openai` and SGLang's `srt/entrypoints`
say what else there is.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import UsageError
from assistant.remote.connection import Connection
from assistant.remote.errors import ServerError
from assistant.remote.metrics import read_samples, vllm_counters

Kind = Literal["llama.cpp", "vLLM", "SGLang", "unknown"]

ASSUMED_CONTEXT = 8192
_KINDS: dict[str, Kind] = {"llamacpp": "llama.cpp", "vllm": "vLLM", "sglang": "SGLang"}
_MOST_NAMED = 8
# Where nothing counts tokens: rather too many, since code has about 3.5 bytes a token.
_BYTES_A_TOKEN = 3
_TOKENS_A_MESSAGE = 8


class _Meta(BaseModel):
    n_ctx: int | None = None


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    aliases: list[str] = Field(default_factory=list)
    owned_by: str = ""
    max_model_len: int | None = None
    meta: _Meta | None = None


class _Models(BaseModel):
    data: list[_Model]


@dataclass(frozen=True, slots=True)
class Server:
    """`model` is its name there. `counts` says that it counts tokens, `drafts` that `/metrics` tells of
    speculation."""

    kind: Kind
    model: str
    context_tokens: int
    counts: bool
    drafts: bool

    @property
    def short_name(self) -> str:
        """The model's name without the folder or the owner before it."""
        return self.model.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".gguf")


def discover(
    connection: Connection, *, model: str | None, context_tokens: int | None, tell: Callable[[str], None]
) -> Server:
    """The server and its `model`, None being the only one it has. `context_tokens` is what the user wants,
    None as much as there is. `tell` hears what had to be assumed. Raises ServerError or UsageError."""
    found = _choose(_models(connection), model, connection.address.host)
    kind = _KINDS.get(found.owned_by.lower(), "unknown")
    most = found.max_model_len or (found.meta.n_ctx if found.meta else None)
    if most is None and kind == "llama.cpp":
        most = _llama_context(connection)
    if most and context_tokens and context_tokens > most:
        raise UsageError(
            f"The model at {connection.address.host} has a context of {most} tokens, not {context_tokens}.",
            hint="Leave --context out, or start the server with a larger one.",
        )
    if most is None and context_tokens is None:
        tell(f"The server does not say how long its context is: {ASSUMED_CONTEXT} tokens are assumed.")
    counts = kind != "unknown" and _counts(connection, kind, found.id)
    if not counts:
        tell(f"The server does not count tokens: one for {_BYTES_A_TOKEN} bytes is assumed.")
    return Server(
        kind, found.id, context_tokens or most or ASSUMED_CONTEXT, counts, _drafts(connection, kind)
    )


def count_tokens(
    connection: Connection, kind: Kind, model: str, messages: Sequence[Mapping[str, str]]
) -> int:
    """Prompt tokens of `messages`, counted by the server. Raises ServerError where it cannot."""
    root = connection.address.root
    if kind == "llama.cpp":
        applied = _document(connection.post(f"{root}/apply-template", {"messages": messages}))
        body = {"content": applied.get("prompt", ""), "add_special": True, "parse_special": True}
        tokens = _document(connection.post(f"{root}/tokenize", body)).get("tokens")
        count = len(tokens) if isinstance(tokens, list) else None
    else:
        body = {"model": model, "messages": messages, "add_generation_prompt": True}
        count = _document(connection.post(f"{root}/tokenize", body)).get("count")
    if not isinstance(count, int):
        raise ServerError(f"{connection.address.host} does not count tokens.")
    return count


def estimate_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """What a prompt of `messages` takes at most, by its bytes."""
    return sum(len(each["content"].encode()) // _BYTES_A_TOKEN + _TOKENS_A_MESSAGE for each in messages)


def _models(connection: Connection) -> list[_Model]:
    url = f"{connection.address.api}/models"
    try:
        models = _Models.model_validate_json(connection.get(url)).data
    except ValidationError as error:
        raise ServerError(
            f"{url} does not list models as OpenAI's interface does.",
            hint="The URL must be the API's base, such as http://HOST:8000/v1.",
        ) from error
    if not models:
        raise ServerError(f"{connection.address.host} serves no model.", hint="Load one there.")
    return models


def _choose(models: Sequence[_Model], wanted: str | None, host: str) -> _Model:
    if wanted is None:
        if len(models) == 1:
            return models[0]
        raise UsageError(
            f"{host} serves {len(models)} models.", hint=f"Choose one with --model: {_listed(models)}"
        )
    for model in models:
        if wanted in (model.id, *model.aliases):
            return model
    close = get_close_matches(wanted.lower(), [model.id.lower() for model in models], n=3, cutoff=0.4)
    near = [model for model in models if model.id.lower() in close or wanted.lower() in model.id.lower()]
    raise UsageError(
        f"{host} serves no model {wanted!r}.",
        hint=f"Did you mean {_listed(near)}?" if near else f"It serves {_listed(models)}.",
    )


def _listed(models: Sequence[_Model]) -> str:
    more = f" and {len(models) - _MOST_NAMED} more" if len(models) > _MOST_NAMED else ""
    return ", ".join(model.id for model in models[:_MOST_NAMED]) + more


def _llama_context(connection: Connection) -> int | None:
    """Tokens of one slot. Older llama-server says so in `/props` alone."""
    try:
        props = _document(connection.get(f"{connection.address.root}/props"))
    except ServerError:
        return None
    settings = props.get("default_generation_settings")
    size = settings.get("n_ctx") if isinstance(settings, dict) else None
    return size if isinstance(size, int) and size > 0 else None


def _counts(connection: Connection, kind: Kind, model: str) -> bool:
    try:
        return count_tokens(connection, kind, model, [{"role": "user", "content": "a"}]) > 0
    except ServerError:
        return False


def _drafts(connection: Connection, kind: Kind) -> bool:
    if kind not in ("vLLM", "SGLang"):
        return False
    try:
        samples = read_samples(connection.get(f"{connection.address.root}/metrics"))
    except ServerError:
        return False
    return vllm_counters(samples) is not None or "sglang:spec_accept_length" in samples


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    return document if isinstance(document, dict) else {}
