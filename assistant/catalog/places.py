"""Where files of the hub lie on this machine: by repository, so that models share what they share there."""

from pathlib import Path

from assistant.catalog.locations import models_folder
from assistant.catalog.source import HubFile


def place_of(file: HubFile) -> Path:
    """Where `file` lies once it is pulled. Another revision than the usual one has a folder of its own."""
    revision = "" if file.revision == "main" else f"@{file.revision[:12].replace('/', '-')}"
    return models_folder() / f"{file.repo.replace('/', '--')}{revision}" / file.file


def workplace_of(place: Path) -> Path:
    """The hidden folder beside `place` for what has arrived in part, and for its lock."""
    return place.parent / ".pulling"


def lock_of(place: Path) -> Path:
    """Held by the one process that brings the file."""
    return workplace_of(place) / f"{place.name}.lock"
