"""What is declared and used in a repository as it is now: new contents are tagged, others remembered."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from assistant.errors import InterruptedByUserError
from assistant.repo.listing import MAX_FILES, list_files
from assistant.repo.map.cache import CacheFailedError, SeenFile, TagCache
from assistant.repo.map.contents import look_at, status_stamp
from assistant.repo.map.graph import Graph, build_graph
from assistant.repo.map.packed import PackedTags, unpack_outline
from assistant.repo.map.tagger import Content, tag_all
from assistant.repo.map.tags import Declaration
from assistant.repo.workspace import Workspace

TIME_LIMIT_S = 60.0
_AT_ONCE = 2000
_KEEP_EVERY = 500
_CRASHED = "that no parser can read"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RepositoryIndex:
    """`files` are the mapped ones, sorted, and `graph` numbers them so. `left_out` counts the others by
    reason, `notes` say what went wrong with the cache, which must stay open."""

    root: Path
    files: tuple[str, ...]
    graph: Graph
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    digests: tuple[bytes, ...]
    cache: TagCache

    def outlines(self, files: Sequence[int]) -> dict[int, list[Declaration]]:
        """The declarations of each file; none where the cache has lost them since."""
        try:
            known = self.cache.outlines({self.digests[file] for file in files})
            return {file: unpack_outline(known.get(self.digests[file], "[]")) for file in files}
        except (CacheFailedError, ValueError, TypeError):
            return {file: [] for file in files}


def index_repository(
    workspace: Workspace,
    cache: TagCache,
    *,
    first: Collection[str] = (),
    max_files: int = MAX_FILES,
    time_limit_s: float = TIME_LIMIT_S,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> RepositoryIndex:
    """Index the files of a repository, those named in `first` before others.

    What cannot be read within the time limit is left out, and read the next time. `progress` is told how
    many files are done, of how many. Raises InterruptedByUserError when `cancel` is set; what was read by
    then is kept."""
    while True:
        try:
            return _Indexing(workspace, cache, time_limit_s, progress, cancel).run(first, max_files)
        except CacheFailedError as failure:  # at most twice: a new file, then memory
            cache.recover(failure)


class _Indexing:
    """One pass over the files."""

    def __init__(
        self,
        workspace: Workspace,
        cache: TagCache,
        time_limit_s: float,
        progress: Progress | None,
        cancel: Event | None,
    ) -> None:
        self._workspace = workspace
        self._cache = cache
        self._end = time.monotonic() + time_limit_s
        self._progress = progress
        self._cancel = cancel
        self._left_out: Counter[str] = Counter()
        self._seen = cache.seen()
        self._known = cache.digests()
        self._new_files: list[SeenFile] = []
        self._new_contents: list[tuple[bytes, PackedTags]] = []
        self._crashed: set[bytes] = set()

    def run(self, first: Collection[str], max_files: int) -> RepositoryIndex:
        listing = list_files(self._workspace, limit=max_files, cancel=self._cancel)
        self._left_out.update(listing.left_out)
        early = set(first)
        try:
            present = self._bring_up_to_date(sorted(listing.files, key=lambda path: path not in early))
        finally:
            self._keep()
        self._cache.forget(self._seen.keys() - set(listing.files))
        return self._indexed(present)

    def _bring_up_to_date(self, paths: list[str]) -> list[str]:
        """Look at each file, tag what is new, and return those that are there."""
        present: list[str] = []
        with closing(tag_all(self._unknown_contents(paths, present))) as tagged:
            for digest, tags in tagged:
                self._check_cancelled()
                if tags is None:
                    self._crashed.add(digest)
                    continue
                self._new_contents.append((digest, tags))
                self._known.add(digest)
                if len(self._new_contents) >= _KEEP_EVERY:
                    self._keep()
        return present

    def _unknown_contents(self, paths: list[str], present: list[str]) -> Iterator[Content]:
        """The contents that have to be tagged; `present` gets the path of every file that is there."""
        asked: set[bytes] = set()
        for number, path in enumerate(paths):
            self._check_cancelled()
            if self._progress and number % 100 == 0:
                self._progress(number, len(paths))
            if time.monotonic() > self._end:
                self._left_out["not read within the time limit, but the next time"] += len(paths) - number
                break
            try:
                status = (self._workspace.root / path).lstat()
                before = self._seen.get(path)
                if before and before.stamp == status_stamp(status) and self._is_known(before):
                    present.append(path)
                    continue
                now, content = look_at(self._workspace.root, path, status)
            except OSError:
                self._left_out["gone, or not readable"] += 1
                continue
            self._seen[path] = now
            self._new_files.append(now)
            present.append(path)
            if content and content.digest not in self._known and content.digest not in asked:
                asked.add(content.digest)
                yield content
        if self._progress:
            self._progress(len(paths), len(paths))

    def _is_known(self, file: SeenFile) -> bool:
        return file.digest is None or file.digest in self._known

    def _keep(self) -> None:
        """Put on disk what was found out; files whose tags are still being read wait."""
        for number, file in enumerate(self._new_files):
            if file.digest in self._crashed:
                self._seen[file.path] = self._new_files[number] = replace(
                    file, digest=None, left_out=_CRASHED
                )
        files = [file for file in self._new_files if self._is_known(file)]
        if files or self._new_contents:
            self._cache.add(self._new_contents, files)
        self._new_files = [file for file in self._new_files if not self._is_known(file)]
        self._new_contents = []

    def _indexed(self, present: list[str]) -> RepositoryIndex:
        declarations = self._cache.declarations()
        files, digests = [], []
        for path in sorted(present):
            seen = self._seen[path]
            if seen.digest is None:
                self._left_out[seen.left_out] += 1
            elif seen.digest in declarations:
                files.append(path)
                digests.append(seen.digest)
        graph = build_graph([declarations[digest] for digest in digests], self._references(digests))
        return RepositoryIndex(
            self._workspace.root,
            tuple(files),
            graph,
            dict(self._left_out),
            tuple(self._cache.notes),
            tuple(digests),
            self._cache,
        )

    def _references(self, digests: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
        for at in range(0, len(digests), _AT_ONCE):
            self._check_cancelled()
            part = digests[at : at + _AT_ONCE]
            known = self._cache.references(set(part))
            yield at, [known.get(digest, b"") for digest in part]

    def _check_cancelled(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise InterruptedByUserError("Stopped while the repository was read; what was read is kept.")
