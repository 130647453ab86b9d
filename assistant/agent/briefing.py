"""What the model is told of the repository before it starts: its instructions, its map, what is mentioned.

The map does not depend on the task, so that all tasks in a repository begin with the same tokens, and a KV
state that one of them left serves the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from types import TracebackType
from typing import Self

from assistant.agent.excerpts import Excerpt
from assistant.agent.mentions import Mentions, resolve_mentions, with_files
from assistant.catalog.locations import cache_folder
from assistant.chat.generator import Generator
from assistant.chat.messages import Message
from assistant.repo.files import SourceFile
from assistant.repo.instructions import MAX_CHARACTERS, repository_instructions
from assistant.repo.map.cache import TagCache
from assistant.repo.map.index import Progress, RepositoryIndex, index_repository
from assistant.repo.map.outline import repository_map
from assistant.repo.workspace import Workspace

_SMALLEST_CONTEXT_WITH_MAP = 4096
_SHARE_FOR_MAP = 1 / 8
_MOST_MAP_TOKENS = 2048
_SHARE_FOR_INSTRUCTIONS = 1 / 8
_SHARE_FOR_FILES = 1 / 3
_CHARACTERS_A_TOKEN = 3
_MAP_PREAMBLE = "The files of the repository, with what others refer to most:"


@dataclass(frozen=True, slots=True)
class Briefing:
    """`instructions` are those of AGENTS.md, `map` is the repository's, `given` are the mentioned files and
    excerpts. `notes` tell the user what was left out."""

    instructions: str = ""
    map: str = ""
    given: str = ""
    notes: tuple[str, ...] = ()


NO_BRIEFING = Briefing()


class KnownRepository:
    """A repository whose files are indexed when that is first needed."""

    def __init__(
        self, workspace: Workspace, *, progress: Progress | None = None, cancel: Event | None = None
    ) -> None:
        self.workspace = workspace
        self._progress = progress
        self._cancel = cancel
        self._cache: TagCache | None = None

    @cached_property
    def index(self) -> RepositoryIndex:
        """Raises InterruptedByUserError when `cancel` is set meanwhile."""
        self._cache = TagCache(cache_folder() / "maps", self.workspace.root)
        return index_repository(self.workspace, self._cache, progress=self._progress, cancel=self._cancel)

    def mentions(self, text: str) -> Mentions:
        """What `text` mentions. Raises as `resolve_mentions` does."""
        return resolve_mentions(text, self.workspace, lambda: self.index)

    def map(self, budget: int, count: Callable[[str], int]) -> tuple[str, list[str]]:
        """The map within `budget` tokens, and what it leaves out for the user to know."""
        found = repository_map(self.index, budget, count)
        reasons = [f"{number} {reason}" for reason, number in self.index.left_out.items()]
        return found.text, [
            *self.index.notes,
            *([f"Not in the map: {', '.join(reasons)}."] if reasons else []),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._cache is not None:
            self._cache.close()


def brief(
    repository: KnownRepository, generator: Generator, mentions: Mentions, *, goes_on: bool = False
) -> Briefing:
    """What a task that mentions these begins with; one that `goes_on` has the stable parts before it."""
    given, notes = _given(mentions, int(generator.context_tokens * _SHARE_FOR_FILES * _CHARACTERS_A_TOKEN))
    if goes_on:
        return Briefing(given=given, notes=tuple(notes))
    characters = int(generator.context_tokens * _SHARE_FOR_INSTRUCTIONS * _CHARACTERS_A_TOKEN)
    instructions = repository_instructions(
        repository.workspace.root,
        [file.shown for file in mentions.files],
        max_characters=min(characters, MAX_CHARACTERS),
    )
    map = ""
    if (budget := _map_budget(generator.context_tokens)) > 0:
        text, left_out = repository.map(budget, _counter(generator))
        map = f"{_MAP_PREAMBLE}\n{text}".rstrip() if text else ""
        notes += left_out
    return Briefing(instructions, map, given, tuple(notes))


def _given(mentions: Mentions, room: int) -> tuple[str, list[str]]:
    """The mentioned texts that fit `room` characters together, the others by their names."""
    fitting: list[SourceFile | Excerpt] = []
    notes: list[str] = []
    wanted: tuple[SourceFile | Excerpt, ...] = (*mentions.files, *mentions.excerpts)
    for each in wanted:
        if len(each.text) <= room:
            fitting.append(each)
            room -= len(each.text)
        else:
            notes.append(f"{each.shown} is too long to be given whole: the model is told its name.")
    return with_files("", fitting).strip(), notes


def _map_budget(context_tokens: int) -> int:
    if context_tokens < _SMALLEST_CONTEXT_WITH_MAP:
        return 0
    return min(int(context_tokens * _SHARE_FOR_MAP), _MOST_MAP_TOKENS)


def _counter(generator: Generator) -> Callable[[str], int]:
    empty = generator.count_tokens([Message("user", "")])
    return lambda text: generator.count_tokens([Message("user", text)]) - empty
