"""What was written when the terminal was closed: kept at once, and told of at the next start."""

import contextlib
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from assistant.catalog.locations import data_folder
from assistant.errors import CoderError
from assistant.tui.export import export
from assistant.tui.record import Record

_UNTOLD = "untold-"


def keep(records: Iterable[Record]) -> None:
    """Write the conversation down. There is nobody to tell where that fails."""
    kept = list(records)
    if kept:
        name = f"{_UNTOLD}{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.md"
        with contextlib.suppress(CoderError):
            export(kept, _folder() / name)


def take_untold() -> list[Path]:
    """The conversations that were kept and that the user was not told of yet."""
    try:
        untold = sorted(_folder().glob(f"{_UNTOLD}*.md"))
        return [path.rename(path.with_name(path.name.removeprefix(_UNTOLD))) for path in untold]
    except OSError:
        return []


def _folder() -> Path:
    return data_folder() / "conversations"
