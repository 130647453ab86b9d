"""Ask the model to rewrite one place, and make the file's new text of its answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from threading import Event

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from assistant.agent.answer import UnusableAnswerError, fence_for, only_block
from assistant.agent.evidence import Evidence
from assistant.agent.places import Place
from assistant.chat.generator import Generator, Reply, ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.engine.sampling import Sampling
from assistant.repo.blank_lines import with_blank_lines_of
from assistant.repo.hunks import Hunk, diff_hunks, split_lines, unified_diff
from assistant.repo.syntax import Definition, definitions, language_of, syntax_problems
from assistant.resources import resource_folder

# A rewrite is about as long as what it rewrites; twice as much, and then some, is a model that rambles.
_ROOM_FACTOR, _ROOM_TOKENS = 2, 200
_ABOUT_LAYOUT = re.compile(
    r"\b(blank|empty|new) ?lines?\b|\b(spacing|layout|format\w*|pep ?8)\b", re.IGNORECASE
)
_SHARE_OF_CONTEXT = 0.3
_CHARACTERS_A_TOKEN = 3
_TELLS_OF_BUG = re.compile(
    r"\b(bugs?|wrong\w*|broken|crash\w*|errors?|fails?|fix\w*|incorrect\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Change:
    """What the model makes of a place: the file's whole new text, and where that differs."""

    place: Place
    text: str

    @property
    def hunks(self) -> list[Hunk]:
        return diff_hunks(self.place.source.text, self.text)

    @property
    def diff(self) -> str:
        source = self.place.source
        return unified_diff(source.text, self.text, source.shown)

    def unexpected(self, hunk: Hunk) -> bool:
        """Whether the hunk lies away from the problem."""
        return self.place.unexpected(hunk.old_start + 1, max(hunk.old_end, hunk.old_start + 1))


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """A place to rewrite, and how to ask for it. `fence` ends the code; `options.prefix` opened it,
    unless the model reasons first."""

    place: Place
    message: Message
    options: ReplyOptions
    fence: str

    def change(self, reply: Reply, wanted: str) -> Change:
        """What the reply makes of the place. `wanted` are the user's words. Raises UnusableAnswerError
        where that is nothing to use."""
        code = _code(reply, self.options.prefix, self.fence)
        return Change(self.place, _new_text(self.place, code, wanted))


def request_rewrite(
    generator: Generator, place: Place, evidence: Evidence, *, attempt: int = 0, seed: int = 0
) -> RewriteRequest:
    """How to ask for the place anew. A later `attempt` asks differently."""
    fence = fence_for(place.code)
    prefix = "" if generator.thinks_first else f"{fence}{language_of(place.source.path) or ''}\n"
    options = ReplyOptions(
        sampling=Sampling() if attempt < 2 else Sampling(temperature=0.4, top_p=0.9, seed=seed + attempt),
        max_tokens=None if generator.thinks_first else _room(generator, place),
        stop=(f"\n{fence}",) if prefix else (),
        sources=(place.code,),
        prefix=prefix,
    )
    return RewriteRequest(place, Message("user", _question(place, evidence, attempt)), options, fence)


def rewrite(
    generator: Generator, place: Place, evidence: Evidence, *, attempt: int, seed: int, cancel: Event
) -> Iterator[ReplyEvent | Change]:
    """Events of the model's reply, then the Change. Raises UnusableAnswerError where the answer gives
    none, ContextFullError where the place does not fit. A later `attempt` asks differently."""
    request = request_rewrite(generator, place, evidence, attempt=attempt, seed=seed)
    reply: Reply | None = None
    for event in generator.reply([request.message], replace(request.options, cancel=cancel)):
        yield event
        if isinstance(event, Reply):
            reply = event
    assert reply is not None, "a reply ends with Reply"
    yield request.change(reply, evidence.message)


def rewritable_characters(generator: Generator) -> int:
    """How much text fits the context as prompt and answer, with room for what else the model says."""
    return int(generator.context_tokens * _SHARE_OF_CONTEXT) * _CHARACTERS_A_TOKEN


def _question(place: Place, evidence: Evidence, attempt: int) -> str:
    shown = place.source.shown
    problems = [line.rstrip(".") for line in evidence.message.splitlines() if line.strip()]
    broken = [f"line {each.line}: {each.message}" for name, each in evidence.problems if name == shown]
    if evidence.failure:
        problems += evidence.failure
    else:  # lines are counted from the beginning of what is shown
        problems += broken if place.definition is None else [text.partition(": ")[2] for text in broken]
    wrong = bool(evidence.failure or evidence.problems or not evidence.message)
    wrong = wrong or bool(_TELLS_OF_BUG.search(evidence.message))
    return _template().render(
        instruction="Fix the bug in this" if wrong else "Change this",
        language=(language_of(place.source.path) or "").capitalize(),
        problems=problems,
        checks=evidence.asserting_lines if attempt % 2 == 1 else [],
        code=place.code.rstrip("\n"),
    )


@cache
def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(resource_folder("prompts")), undefined=StrictUndefined)
    return environment.get_template("fix.md")


def _room(generator: Generator, place: Place) -> int:
    """Tokens that a sensible answer may take."""
    return _ROOM_FACTOR * generator.count_tokens([Message("user", place.code)]) + _ROOM_TOKENS


def _code(reply: Reply, prefix: str, fence: str) -> str:
    """The code in the answer. With a prefix the block was opened for the model, and ends where it stops."""
    if not prefix:
        return only_block(reply.text, reply.finish)
    if reply.finish != "stop":
        return only_block(reply.text, reply.finish)
    code = reply.text.removeprefix(prefix)
    if code.startswith(fence) or not code.strip():
        raise UnusableAnswerError("the code block is empty")
    return code.rstrip("\n") + "\n"


def _new_text(place: Place, code: str, message: str) -> str:
    """The file with the answer put in its place. Raises UnusableAnswerError for an answer that changes
    nothing, loses definitions that nobody wanted gone, or breaks the file's syntax."""
    language = language_of(place.source.path)
    found = definitions(code, language)
    if place.definition is not None:
        code = _same_definition(place.definition, code, found)
    text = place.with_code(code)
    if not _ABOUT_LAYOUT.search(message):
        text = with_blank_lines_of(place.source.text, text)
    if text == place.source.text:
        raise UnusableAnswerError("the answer changes nothing")
    before, after = syntax_problems(place.source.text, language), syntax_problems(text, language)
    if after and len(after) >= max(len(before), 1):
        first = after[0]
        raise UnusableAnswerError(f"the answer does not parse (line {first.line}: {first.message})")
    if place.definition is None:
        _check_nothing_lost(definitions(place.source.text, language), found, message)
    return text


def _check_nothing_lost(before: Sequence[Definition], after: Sequence[Definition], message: str) -> None:
    """A whole file must come back whole. Words from the user may mean that something goes, a failing
    test never does; and that all goes is never meant."""
    had = list(dict.fromkeys(each.name for each in before))
    lost = [name for name in had if name not in {each.name for each in after}]
    if lost and (not message or len(lost) == len(had)):
        raise UnusableAnswerError(f"the answer leaves out {', '.join(lost)}")


def _same_definition(wanted: Definition, code: str, found: Sequence[Definition]) -> str:
    """The part of the answer that defines what was asked about: models like to add examples of use."""
    named = [each for each in found if each.name == wanted.name]
    if not named:
        raise UnusableAnswerError(f"the answer has no {wanted.kind} {wanted.name}")
    return "".join(split_lines(code)[named[0].first_line - 1 : named[0].last_line])
