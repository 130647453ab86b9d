"""Messages to prompt text, with the template that the model file carries.

A template is code from a downloaded file: it runs in Jinja's immutable sandbox, and is bounded in it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from assistant.chat.bounded import BoundedEnvironment
from assistant.chat.families import Family
from assistant.chat.messages import Message
from assistant.errors import ModelError

_WIDEST_INDENT = 16


def render(
    messages: Sequence[Message],
    *,
    template: str | None,
    family: Family,
    bos: str,
    eos: str,
    thinking: bool = False,
    add_generation_prompt: bool = True,
) -> str:
    """The prompt for `messages`. `thinking` asks models that can choose to reason first.

    Without `template` the family's turns are written. Raises ModelError where the template fails."""
    if template is None:
        return _write_turns(messages, family, bos, thinking, add_generation_prompt)
    context = {
        "bos_token": bos,
        "eos_token": eos,
        "add_generation_prompt": add_generation_prompt,
        "thinking": thinking,
        "enable_thinking": thinking,
    }
    try:
        compiled = _compile(template)
        try:
            return _fill(compiled, messages, context)
        except TemplateError:
            if not any(message.role == "system" for message in messages):
                raise
            return _fill(compiled, _without_system(messages), context)
    except Exception as error:
        raise ModelError(
            f"The chat template of the model fails: {error}.",
            hint="The model file may be made for another use than chat; try another one.",
        ) from error


def _fill(compiled: Template, messages: Sequence[Message], context: dict[str, object]) -> str:
    plain = [{"role": message.role, "content": message.content} for message in messages]
    compiled.environment.begin()  # type: ignore[attr-defined]
    return compiled.render(messages=plain, **context)


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """Some templates refuse a system role: its text then opens the first question."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if rest:
        rest[0] = Message(rest[0].role, f"{system}\n\n{rest[0].content}")
    return rest


def _write_turns(
    messages: Sequence[Message], family: Family, bos: str, thinking: bool, add_generation_prompt: bool
) -> str:
    turns = family.turns
    formats = {"system": turns.system, "user": turns.user, "assistant": turns.assistant}
    written = "".join(formats[message.role].replace("{}", message.content, 1) for message in messages)
    generation = turns.reasoning if thinking and turns.reasoning else turns.generation
    return (bos if turns.bos else "") + written + (generation if add_generation_prompt else "")


@cache
def _compile(template: str) -> Template:
    environment = BoundedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation]
    )
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    environment.add_filter("tojson", _to_json)
    return environment.from_string(template)


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks the answers for training; here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    """Jinja's own filter escapes for HTML, which models never saw."""
    return json.dumps(value, ensure_ascii=False, indent=indent and min(int(indent), _WIDEST_INDENT))
