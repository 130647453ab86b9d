"""What can be mentioned in a repository, read in threads so that no key waits for it."""

import asyncio
import time
from threading import Event
from typing import TYPE_CHECKING

from assistant.errors import CoderError
from assistant.repo.workspace import Workspace

if TYPE_CHECKING:  # slow to import
    from assistant.agent.completion import MentionCompleter

# Files come and go while one works.
_FRESH_S = 30.0
_MOST_SHOWN = 8


class MentionableNames:
    """Files are there first, declared names when the repository is indexed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._completer: MentionCompleter | None = None
        self._read_at = -_FRESH_S
        self._reading: asyncio.Task[None] | None = None
        self._closing = Event()

    async def matching(self, prefix: str) -> list[str]:
        """The best few for `prefix`. None before the first listing is done."""
        if time.monotonic() - self._read_at > _FRESH_S and self._reading is None:
            self._reading = asyncio.create_task(self._read())
            if self._completer is None:
                await asyncio.wait([self._reading], timeout=0.2)
        if self._completer is None:
            return []
        return await asyncio.to_thread(self._completer.complete, prefix, _MOST_SHOWN)

    def close(self) -> None:
        """Stop reading."""
        self._closing.set()

    async def _read(self) -> None:
        try:
            self._completer = await asyncio.to_thread(self._files, self._completer)
            self._completer = await asyncio.to_thread(self._files_and_names)
        except CoderError:  # what cannot be read cannot be offered
            pass
        finally:
            self._read_at = time.monotonic()
            self._reading = None

    def _files(self, known: "MentionCompleter | None") -> "MentionCompleter":
        from assistant.agent.completion import MentionCompleter
        from assistant.repo.listing import list_files

        return known or MentionCompleter(list_files(self._workspace, cancel=self._closing).files)

    def _files_and_names(self) -> "MentionCompleter":
        from assistant.agent.completion import MentionCompleter
        from assistant.catalog.locations import cache_folder
        from assistant.repo.listing import list_files
        from assistant.repo.map.cache import TagCache
        from assistant.repo.map.index import index_repository
        from assistant.repo.map.symbols import symbol_names

        with TagCache(cache_folder() / "maps", self._workspace.root) as cache:
            index = index_repository(self._workspace, cache, cancel=self._closing)
            names = symbol_names(index)
        return MentionCompleter(list_files(self._workspace, cancel=self._closing).files, names)
