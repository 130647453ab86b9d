"""Write the conversation to a file."""

import time
from collections.abc import Iterable
from pathlib import Path

from assistant.errors import CoderError
from assistant.repo.creation import create_source, new_source
from assistant.tui.notice import Notice
from assistant.tui.record import Record, as_markdown


def export(records: Iterable[Record], path: Path) -> Path:
    """The new file `path`, as markdown. Raises CoderError where it is taken or cannot be written."""
    source = new_source(path, path.parent, as_markdown(records))
    create_source(source)
    return source.path


def exported(records: Iterable[Record], name: str, folder: Path) -> Notice:
    """The same below `folder`, under a name with the time where none is given: what came of it."""
    path = Path(name).expanduser() if name else Path(f"coder-{time.strftime('%Y%m%d-%H%M%S')}.md")
    try:
        return Notice(f"The conversation is in {export(records, folder / path)}.")
    except CoderError as error:
        return Notice.of(error)
