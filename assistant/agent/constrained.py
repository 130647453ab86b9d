"""Answers held to a grammar, where the model can be held to one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.chat.generator import Generator, Reply, ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import ModelError, UsageError


class Constrained:
    """Asks `generator`. A grammar that it cannot use is left out from then on, and the reply says so: what
    is written then is parsed all the same, and told to the model where it cannot be."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._free = False

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        """As `Generator.reply`, which refuses a grammar before it evaluates anything."""
        if self._free:
            options = replace(options, grammar=None)
        begun = False
        try:
            for event in self._generator.reply(messages, options):
                begun = True
                yield event
        except (UsageError, ModelError) as error:
            if begun or options.grammar is None:
                raise
            self._free = True
            note = f"Tool calls are not held to their format: {error.message}"
        else:
            return
        for event in self._generator.reply(messages, replace(options, grammar=None)):
            yield replace(event, notes=(*event.notes, note)) if isinstance(event, Reply) else event
