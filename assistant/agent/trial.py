"""A file while changes to it are tried: it always holds its old text or one that the user has seen."""

import contextlib
from types import TracebackType
from typing import Self

from assistant.errors import CoderError
from assistant.repo.files import Keep, SourceFile, put_back, write_source


class Trial:
    """Writes candidate texts, which `record` is told first, and puts the file back to the byte when left,
    unless one is kept."""

    def __init__(self, source: SourceFile, record: Keep) -> None:
        self.original = source
        self._record = record
        self.now = source
        self._kept: SourceFile | None = None

    def put(self, text: str) -> None:
        """Raises RefusedError where someone else has changed the file meanwhile; their text stays."""
        if text != self.now.text:
            self.now = write_source(self.now, text, self._record)

    def keep(self) -> None:
        """What is in the file now is the result, whatever happens after."""
        self._kept = self.now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        wanted = self._kept or self.original
        if self.now.raw != wanted.raw:
            # Another's change on disk is worth more than ours: it is left alone.
            with contextlib.suppress(CoderError):
                self.now = put_back(self.now, wanted)
