"""One event of a streamed chat completion, as OpenAI defines it and as servers extend it."""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from assistant.remote.errors import ServerError


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Delta(_Part):
    """`reasoning_content` is DeepSeek's name for the reasoning, which most servers use; `reasoning` is that
    of newer vLLM and of OpenRouter."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(_Part):
    delta: Delta | None = None
    finish_reason: str | None = None


class PromptDetails(_Part):
    cached_tokens: int | None = None


class Usage(_Part):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: PromptDetails | None = None


class Timings(_Part):
    """What llama-server measured of this request; counts are tokens. `draft_n` is there when it drafted."""

    cache_n: int = 0
    prompt_n: int = 0
    prompt_ms: float = 0.0
    predicted_n: int = 0
    predicted_ms: float = 0.0
    draft_n: int = 0
    draft_n_accepted: int = 0


class Progress(_Part):
    """How much of the prompt llama-server has read, in tokens."""

    total: int = 0
    cache: int = 0
    processed: int = 0


class Acceptance(_Part):
    """vLLM's `--per-request-spec-decode-metrics`."""

    num_spec_steps: int = 0
    num_draft_tokens: int = 0
    num_accepted_draft_tokens: int = 0


class Metrics(_Part):
    speculative_decoding: Acceptance | None = None


def _or_nothing(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError:
        return None


# Figures of another shape than we know are left out: an answer is worth more than they are.
_Figures = WrapValidator(_or_nothing)


class Chunk(_Part):
    choices: list[Choice] = Field(default_factory=list)
    usage: Annotated[Usage | None, _Figures] = None
    timings: Annotated[Timings | None, _Figures] = None
    prompt_progress: Annotated[Progress | None, _Figures] = None
    metrics: Annotated[Metrics | None, _Figures] = None
    error: Any = None


def parse_chunk(data: str, host: str) -> Chunk:
    """Raises ServerError for what is no chunk."""
    try:
        return Chunk.model_validate_json(data)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the event"
        raise ServerError(
            f"{host} does not answer as OpenAI's interface does ({where}: {error.errors()[0]['msg']}).",
            hint="Is the URL that of an OpenAI-compatible server?",
        ) from error
