"""Write the conversation to a file."""

from collections.abc import Iterable
from pathlib import Path

from assistant.repo.creation import create_source, new_source
from assistant.tui.record import Record, as_markdown


def export(records: Iterable[Record], path: Path) -> Path:
    """The new file `path`, as markdown. Raises CoderError where it is taken or cannot be written."""
    source = new_source(path, path.parent, as_markdown(records))
    create_source(source)
    return source.path
