"""Which generator a command works with: the model on a server that `--engine` names, else the local one."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.catalog.edit_format import EditFormat
    from assistant.chat.generator import Generator
    from assistant.cli.setup import Progress
    from assistant.config import Settings

Tell = Callable[[str], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remote:
    """A server, and what is wanted of it. `model` None is its only one, `context_tokens` None as many as it
    has; `key_variable` is the environment variable that holds its key, `edit_format` how its model writes
    changes."""

    url: str
    model: str | None = None
    context_tokens: int | None = None
    key_variable: str | None = None
    edit_format: "EditFormat | None" = None


def remote_for(
    engine: str | None,
    settings: "Settings",
    *,
    model: str | None = None,
    context: int | None = None,
    **local: object,
) -> Remote | None:
    """The server at a URL, or of a profile in the settings. `model` and `context` are those of the command
    line, since settings mean the local model; so do the options `local`. Raises UsageError."""
    if engine is None:
        return None
    for option, value in local.items():
        if value is not None:
            raise UsageError(
                f"--{option.replace('_', '-')} is for a model on this machine.", hint="Leave it out."
            )
    if "/" in engine or ":" in engine:
        return Remote(engine, model, context)
    profile = settings.engine.get(engine)
    if profile is None:
        close = get_close_matches(engine, settings.engine, n=1)
        raise UsageError(
            f"{engine!r} is neither a URL nor a profile of [engine] in the settings.",
            hint=f"Did you mean {close[0]}?" if close else "For example: --engine http://127.0.0.1:8080",
        )
    return Remote(profile.url, model or profile.model, context, profile.key_variable, profile.edit_format)


def open_generator(
    command: str,
    remote: Remote | None,
    settings: "Settings",
    root: Path,
    progress: "Progress",
    tell: Tell,
) -> "Generator":
    """A generator for the work of `command` in the repository at `root`, recorded in the history where the
    settings keep one. `tell` hears what the user should know. Raises as `load_generator` and `connect` do."""
    generator = _opened(remote, settings, root, progress, tell)
    _log.info("%s works with %s, %d tokens of context", command, generator.name, generator.context_tokens)
    return recorded(generator, command, tell) if settings.history else generator


def loader(
    remote: Remote | None, settings: "Settings", root: Path
) -> "Callable[[Progress, Tell], Generator]":
    """How the app loads a model for its work in the repository at `root`."""

    def load(progress: "Progress", tell: Tell) -> "Generator":
        return open_generator("app", remote, settings, root, progress, tell)

    return load


def recorded(generator: "Generator", command: str, tell: Tell) -> "Generator":
    """`generator` with its replies recorded as work of `command`. `tell` hears why that failed, where it
    does."""
    from assistant.bench.history import history_file
    from assistant.bench.history.recording import Recorded, Recorder

    return Recorded(generator, command, Recorder(history_file(), tell))


def _opened(
    remote: Remote | None, settings: "Settings", root: Path, progress: "Progress", tell: Tell
) -> "Generator":
    if remote is not None:
        return connect(remote, progress, tell)
    from assistant.catalog.resolve import resolve_model
    from assistant.cli.settings import loading
    from assistant.cli.setup import TINY, load_generator

    if resolve_model(settings.model).tiny:
        tell(TINY)
    return load_generator(settings.model, progress, tell=tell, **loading(settings, root))


def connect(remote: Remote, progress: "Progress", tell: Tell) -> "Generator":
    """A generator over the server; tells where prompts go. Raises UsageError for a URL or name that cannot
    be, ServerError for a server that does not answer."""
    from assistant.chat.remote import RemoteGenerator
    from assistant.remote.address import parse_address
    from assistant.remote.connection import Connection
    from assistant.remote.key import VARIABLE, find_key
    from assistant.remote.server import discover

    address = parse_address(remote.url)
    key = find_key(address, remote.key_variable or VARIABLE)
    tell(address.goes_where())
    progress(f"asking {address.host}", 0.0)
    with ExitStack() as opened:
        connection = Connection(address, key, tell=tell)
        opened.callback(connection.close)
        server = discover(connection, model=remote.model, context_tokens=remote.context_tokens, tell=tell)
        opened.pop_all()
    return RemoteGenerator(connection, server, edit_format=remote.edit_format)
