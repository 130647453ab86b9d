"""A conversation with a model too small for tools: what it is asked, and what its answers would change."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.agent.answer import UnusableAnswerError
from assistant.agent.briefing import KnownRepository
from assistant.agent.changes import proposed_changes
from assistant.agent.evidence import gather
from assistant.agent.mentions import with_files
from assistant.agent.orders import asks_for_change, problem_in_words
from assistant.agent.places import find_places
from assistant.agent.rewrite import RewriteRequest, request_rewrite, rewritable_characters
from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import CoderError
from assistant.repo.files import SourceFile, read_source
from assistant.repo.hunks import unified_diff
from assistant.repo.workspace import Workspace
from assistant.resources import resource_folder

# An answer longer than this part of the context is one that goes round in circles.
_SHARE_FOR_ANSWER = 0.25


@dataclass(frozen=True, slots=True)
class Question:
    """What the model gets, and how to answer it. `rewrite` is there when the answer rewrites one place of
    one file; `wanted` are the user's words about it."""

    messages: tuple[Message, ...]
    options: ReplyOptions
    files: tuple[SourceFile, ...]
    rewrite: RewriteRequest | None = None
    wanted: str = ""

    def beside(self, typed: str) -> str:
        """What the model gets besides what was typed; for a rewrite, all that it gets."""
        asked = self.messages[-1].content
        return asked if self.rewrite else asked.removeprefix(typed).removeprefix("\n\n")


@dataclass(frozen=True, slots=True)
class FileChange:
    """A new text for a file, as it was when the model was shown it."""

    source: SourceFile
    text: str

    @property
    def diff(self) -> str:
        return unified_diff(self.source.text, self.text, self.source.shown)


class Dialogue:
    """The messages so far, and the files they are about as the model knows them. `history` are the events of
    a session that is gone on with."""

    def __init__(self, workspace: Workspace, history: Sequence[Mapping[str, Any]] = ()) -> None:
        self._workspace = workspace
        self.root = workspace.root
        self._instructions = Message("system", (resource_folder("prompts") / "chat.md").read_text("utf-8"))
        self._history = list(_messages(history))
        self._files: dict[Path, SourceFile] = {}

    def ask(
        self, typed: str, generator: Generator, *, pasted: str = "", orders: bool | None = None
    ) -> Question:
        """The question that `typed` is; whether it `orders` a change is read from it where that is None.
        `pasted` goes with it, and mentions no files.

        Every question continues the conversation, so that what the model has read is not read again.
        Raises as `resolve_mentions` does."""
        with KnownRepository(self._workspace) as repository:  # as it is now
            mentions = repository.mentions(typed)
        files = mentions.files
        rewrite, wanted = None, ""
        orders = asks_for_change(typed) if orders is None else orders
        if len(files) == 1 and not (pasted or mentions.excerpts) and orders:
            wanted = problem_in_words(typed)
            evidence = gather(files, self.root, wanted, None)
            places = find_places(files, evidence, fits=rewritable_characters(generator))
            rewrite = request_rewrite(generator, places[0], evidence) if places else None
        for file in files:  # one that is mentioned again moves to the end, with its newest text
            self._files.pop(file.path, None)
            self._files[file.path] = file
        if rewrite is not None:
            message, options = rewrite.message, rewrite.options
        else:
            text = "\n\n".join(part for part in (typed, pasted) if part)
            message = Message("user", with_files(text, (*files, *mentions.excerpts)))
            options = ReplyOptions(
                max_tokens=max(int(generator.context_tokens * _SHARE_FOR_ANSWER), 64),
                sources=tuple(file.text for file in self._files.values()),
            )
        messages = (self._instructions, *self._history, message)
        return Question(messages, options, files, rewrite, wanted)

    def keep(self, question: Question, reply: Reply) -> None:
        """Make the answer, or the half of it, part of the conversation."""
        if not reply.text.strip():
            return
        closing = f"\n{question.rewrite.fence}" if question.rewrite and reply.finish == "stop" else ""
        self._history += [question.messages[-1], Message("assistant", reply.text + closing)]

    def changes(self, question: Question, reply: Reply) -> list[FileChange | CoderError]:
        """What the answer changes, and for each change that cannot be made, why."""
        if reply.finish == "cancelled":
            return []
        if question.rewrite is not None:
            return [self._rewritten(question.rewrite, reply, question.wanted)]
        meant = question.files[0].path if len(question.files) == 1 else None
        return [
            self._changed(change.path, change.text)
            for change in proposed_changes(reply.text, self.root, meant)
        ]

    def applied(self, now: SourceFile) -> None:
        """The user took a change: from here on the model knows the file as it is `now`."""
        self._files[now.path] = now

    def undone(self, paths: Sequence[str]) -> None:
        """These files were brought back: the model need not know them as they were."""
        for path in paths:
            self._files.pop(self.root / path, None)

    def rewind(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Remember no more than these events. Files stay known as they are now."""
        self._history = list(_messages(history))

    def _rewritten(self, rewrite: RewriteRequest, reply: Reply, wanted: str) -> FileChange | CoderError:
        try:
            return FileChange(rewrite.place.source, rewrite.change(reply, wanted).text)
        except UnusableAnswerError as reason:
            return CoderError(
                f"There is nothing to apply: {reason}.",
                hint="Say what goes wrong, or name the function, and ask again.",
            )

    def _changed(self, path: Path, text: str) -> FileChange | CoderError:
        try:
            source = self._files.get(path) or read_source(path, self.root)
        except CoderError as error:
            return error
        if source.text and not source.text.endswith("\n"):
            text = text.removesuffix("\n")
        if text == source.text:
            return CoderError(f"{source.shown} would stay as it is.")
        return FileChange(source, text)


def _messages(history: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """The questions that were answered, and their answers, as the model has seen them."""
    asked, rewrites = "", False
    for event in history:
        match event["event"]:
            case "started":
                given = event.get("briefing", {}).get("given", "")
                asked, rewrites = "\n\n".join(filter(None, (event["task"], given))), False
            case "asking":
                asked, rewrites = given, True
            case "reply" if asked and event["text"].strip():
                fence = re.match("`*", event["text"])
                closes = rewrites and event["finish"] == "stop" and fence
                yield Message("user", asked)
                yield Message("assistant", event["text"] + (f"\n{fence[0]}" if closes and fence else ""))
                asked = ""
