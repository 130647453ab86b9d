"""The generator over a server: messages to a chat completion, and its stream to text events."""

from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache

from assistant.catalog.edit_format import EditFormat
from assistant.chat.answer_text import AnswerText, Pieces
from assistant.chat.families import FAMILIES
from assistant.chat.generator import FinishReason, PromptRead, Reply, ReplyEvent, ReplyOptions, TextPiece
from assistant.chat.messages import Message
from assistant.chat.thinking import ThinkingSplitter
from assistant.chat.tools.formats import ToolFormatName
from assistant.engine.constraint import Grammar
from assistant.engine.stats import Stats
from assistant.errors import ContextFullError, UsageError
from assistant.remote.chunk import Chunk, Delta, parse_chunk
from assistant.remote.connection import Connection
from assistant.remote.errors import CancelledError, CutOffError, ServerError, in_short
from assistant.remote.meter import Meter
from assistant.remote.metrics import DRAFTER
from assistant.remote.request import completion
from assistant.remote.server import Server, count_tokens, estimate_tokens

_COUNTS_KEPT = 256
_ABOUT_SCHEMAS = ("response_format", "schema", "grammar", "structured", "guided")


class RemoteGenerator:
    """A model on a server. Owns the connection.

    The call of a tool is asked for as one JSON object that satisfies a schema: llama-server, vLLM and
    SGLang all hold a model to that. Where a server refuses to, the answer is free, and the agent tells the
    model what is no call. Speculation is the server's own affair: `sources` and `speculate` change
    nothing."""

    def __init__(
        self, connection: Connection, server: Server, *, edit_format: EditFormat | None = None
    ) -> None:
        self._connection = connection
        self._server = server
        self._edit_format: EditFormat | None = edit_format
        self._meter = Meter(connection, server)
        self._takes_schemas = True
        self._count = lru_cache(_COUNTS_KEPT)(self._count_anew)

    @property
    def name(self) -> str:
        return f"{self._server.short_name} at {self._connection.address.host}"

    @property
    def context_tokens(self) -> int:
        return self._server.context_tokens

    @property
    def thinks_first(self) -> bool:
        """A server's model may do so, and not every server goes on with an answer that was begun."""
        return True

    @property
    def tool_format(self) -> ToolFormatName:
        return "json"

    @property
    def edit_format(self) -> EditFormat | None:
        return self._edit_format

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counted by the server with the model's own template; where it cannot, estimated by bytes."""
        return self._count(tuple(messages))

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        """Raises ServerError too, while no text has come; after that the reply ends as "lost" with what
        there is. `prefix` is not used, see `thinks_first`."""
        schema = _schema_of(options.grammar)
        prompt = self.count_tokens(messages)
        if self._server.counts and prompt >= self.context_tokens:
            raise ContextFullError(
                f"The prompt takes {prompt} tokens, and the model's context has {self.context_tokens}.",
                hint="Give a smaller task, or start the server with a larger context.",
            )
        stats, answer, notes = Stats(prompt_tokens=prompt), _Answer(options), list[str]()
        finish: FinishReason = "lost"
        measurement = self._meter.begin(stats)
        yield PromptRead(0, prompt, 0)
        try:
            with closing(self._chunks(messages, options, schema, prompt, notes)) as chunks:
                for chunk in chunks:
                    measurement.take(chunk)
                    if chunk.prompt_progress and not answer.begun:
                        read = chunk.prompt_progress
                        yield PromptRead(read.processed, read.total, read.cache)
                    for text, thinking in answer.feed(chunk):
                        measurement.count()
                        yield TextPiece(text, thinking, DRAFTER if stats.by_drafter else None, stats)
                    if answer.stopped:
                        break
            finish = self._finish(answer, stats, notes)
        except CancelledError:
            finish = "cancelled"
        except ServerError as error:
            if not answer.begun:
                raise
            if answer.finish_reason:  # all but the end of the stream came
                finish = self._finish(answer, stats, notes)
            else:
                notes.append(f"{error.message} What it had written is kept.")
        for text, thinking in answer.flush():
            yield TextPiece(text, thinking, None, stats)
        if finish not in ("cancelled", "lost"):
            measurement.end()
        yield Reply(answer.text, answer.thinking, finish, stats, tuple(notes))

    def close(self) -> None:
        self._connection.close()

    def _chunks(
        self,
        messages: Sequence[Message],
        options: ReplyOptions,
        schema: str,
        prompt: int,
        notes: list[str],
    ) -> Stream[Chunk, None, None]:
        """The stream of an answer, held to `schema` where the server does that."""
        most = options.max_tokens
        if most is not None and self._server.counts:  # vLLM refuses to be asked for more than there is room
            most = min(most, self.context_tokens - prompt)
        if schema and self._takes_schemas:
            try:
                yield from self._stream(messages, options, most, schema)
                return
            except ServerError as error:
                if error.status not in (400, 422, 501) or not _is_about_schemas(error):
                    raise
                self._takes_schemas = False
                notes.append(f"{error.message} From now on answers are free, and calls may be malformed.")
        yield from self._stream(messages, options, most, "")

    def _stream(
        self, messages: Sequence[Message], options: ReplyOptions, most: int | None, schema: str
    ) -> Stream[Chunk, None, None]:
        body = completion(
            self._server,
            _plain(messages),
            options.sampling,
            max_tokens=most,
            schema=schema,
            thinking=options.thinking,
        )
        address = self._connection.address
        events = self._connection.stream(f"{address.api}/chat/completions", body, options.cancel)
        with closing(events):
            for event in events:
                chunk = parse_chunk(event, address.host)
                if chunk.error:
                    raise CutOffError(f"{address.host} broke the answer off: {in_short(chunk.error)}.")
                yield chunk

    def _finish(self, answer: "_Answer", stats: Stats, notes: list[str]) -> FinishReason:
        reason = answer.finish_reason
        if answer.stopped or reason in ("stop", "eos", "tool_calls"):
            return "stop"
        if reason == "length":
            full = stats.prompt_tokens + stats.emitted >= self.context_tokens - 1
            return "context" if full else "length"
        notes.append(
            f"{self._connection.address.host} ended the answer early: {reason or 'no reason given'}."
        )
        return "lost"

    def _count_anew(self, messages: tuple[Message, ...]) -> int:
        if not self._server.counts:
            return estimate_tokens(_plain(messages))
        return count_tokens(self._connection, self._server.kind, self._server.model, _plain(messages))


class _Answer(AnswerText):
    """Deltas to text. A grammar has an end of its own, and no stop strings."""

    def __init__(self, options: ReplyOptions) -> None:
        super().__init__(ThinkingSplitter(FAMILIES["generic"], ""), () if options.grammar else options.stop)
        self.finish_reason: str | None = None

    @property
    def begun(self) -> bool:
        return bool(self.text or self.thinking)

    def feed(self, chunk: Chunk) -> Pieces:
        pieces: Pieces = []
        for choice in chunk.choices[:1]:
            self.finish_reason = choice.finish_reason or self.finish_reason
            delta = choice.delta or Delta()
            if thought := delta.reasoning_content or delta.reasoning:
                pieces += self.take([(thought, True)])
            # Where the server does not split reasoning off, it stands in the content.
            pieces += self.split(delta.content or "")
        return pieces


def _schema_of(grammar: Grammar | None) -> str:
    """The JSON schema that says what `grammar` does. Raises UsageError where there is none."""
    if grammar is None:
        return ""
    schema = grammar.text if grammar.kind == "json_schema" else grammar.schema
    if not schema:
        raise UsageError(f"A server takes no {grammar.kind} grammar.", hint="Ask without --engine.")
    return schema


def _is_about_schemas(error: ServerError) -> bool:
    return any(word in error.message.lower() for word in _ABOUT_SCHEMAS)


def _plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
