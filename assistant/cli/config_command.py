"""`coder config`: which settings hold and where each comes from, and how to change them."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption
from assistant.errors import CoderError, ExitCode, UsageError
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.config import Config

_EDITORS = ("nano", "vim", "vi", "notepad")
_WIDE = 200
_NEW_FILE = "# Settings of coder. `coder config show` lists all there are.\n"
RepositoryOption = Annotated[
    bool, typer.Option("--repository", help="The repository's own file instead of yours.")
]

config = typer.Typer(
    help="Settings: show, set, unset, path, edit, trust.", invoke_without_command=True, rich_markup_mode=None
)


@config.callback()
def default(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        show(None)


@config.command()
def show(
    key: Annotated[str | None, typer.Argument(help="Only this setting.")] = None, as_json: JsonOption = False
) -> None:
    """All settings that hold here, and where each comes from."""
    from assistant.config import load_config
    from assistant.config.validate import require_known

    if key:
        require_known(key)
    found = load_config(_root())
    rows = [
        row for row in _rows(found) if key is None or row["key"] == key or row["key"].startswith(f"{key}.")
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    _print_table(rows)
    if any(row["held_back"] for row in rows):
        typer.echo("Held back: this repository asks for it. To see and decide: coder config trust", err=True)


@config.command("set")
def set_setting(
    key: Annotated[str, typer.Argument(help="Such as context, app.theme or engine.NAME.url.")],
    value: Annotated[str, typer.Argument(help="A word, a number, on or off, or TOML such as ['a', 'b'].")],
    repository: RepositoryOption = False,
) -> None:
    """Set one value in your settings, or in the repository's. Comments and order stay."""
    from assistant.config.change import set_value

    if repository:
        _require_of_repository(key)
    path = _path(repository)
    written = set_value(path, key, value)
    typer.echo(visible(f"{key} = {_shown(key, written)}, in {path}"), err=True)


@config.command()
def unset(key: str, repository: RepositoryOption = False) -> None:
    """Take one value out of your settings, or out of the repository's."""
    from assistant.config.change import unset_value

    path = _path(repository)
    unset_value(path, key)
    typer.echo(f"{key} is not set in {path} any more.", err=True)


@config.command()
def path(repository: RepositoryOption = False) -> None:
    """Where your settings are, or the repository's. The file need not exist."""
    typer.echo(_path(repository))


@config.command()
def edit(repository: RepositoryOption = False) -> None:
    """Open your settings, or the repository's, in $EDITOR. They are checked before they count."""
    from assistant.config.change import check, install

    path = _path(repository)
    try:
        before = path.read_bytes() if path.exists() else _NEW_FILE.encode()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_bytes(before)
        while True:
            _open_editor(draft)
            after = draft.read_bytes()
            if after == before:
                typer.echo("Nothing was changed.", err=True)
                check(path, after)
                return
            try:
                install(path, after)
            except CoderError as error:
                if not _go_back(error, draft, path):
                    raise typer.Exit(ExitCode.NOT_ACHIEVED) from error
            else:
                typer.echo(f"Written: {path}", err=True)
                return


@config.command()
def trust(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree without being asked.")] = False,
) -> None:
    """See what this repository's settings would do, and agree to it or not."""
    from assistant.cli.settings import ask_for_trust
    from assistant.config import TrustStore, load_config
    from assistant.config.load import repository_file

    root = _root()
    found = load_config(root, trust=TrustStore(Path(os.devnull)))  # as if nobody had been asked
    if not found.held_back:
        typer.echo(f"{repository_file(root)} sets nothing that needs your consent.", err=True)
        return
    try:
        agreed = ask_for_trust(root, found, yes=yes)
    except typer.Abort as error:
        raise UsageError("Nobody is there to answer.", hint="coder config trust --yes") from error
    typer.echo("Agreed." if agreed else "Not agreed: it is left out.", err=True)


def _root() -> Path:
    from assistant.repo.workspace import find_workspace

    return find_workspace(Path()).root


def _path(repository: bool) -> Path:
    from assistant.config.load import repository_file, user_file

    return repository_file(_root()) if repository else user_file()


def _require_of_repository(key: str) -> None:
    from assistant.config.trust import FREE, ON_CONSENT
    from assistant.config.validate import require_known

    require_known(key)
    if key.partition(".")[0] not in {*FREE, *ON_CONSENT}:
        raise UsageError(
            f"{key} is your own: a repository may not set it.", hint=f"coder config set {key} VALUE"
        )


def _rows(found: "Config") -> list[dict[str, Any]]:
    from assistant.config.settings import SINGLE_KEYS

    keys = [*SINGLE_KEYS, *(key for key in found.origins if key not in SINGLE_KEYS)]
    document = found.settings.model_dump(mode="json", exclude_unset=False)
    rows = []
    for key in keys:
        value: Any = document
        for part in key.split("."):
            value = value[part]
        origin = found.origin(key)
        rows.append(_row(key, _without_secrets(value), origin.source, origin.place, held_back=False))
    rows += [
        _row(key, _without_secrets(value), "repository", ".coder.toml", held_back=True)
        for key, value in found.held_back.items()
    ]
    return rows


def _row(key: str, value: Any, source: str, place: str, *, held_back: bool) -> dict[str, Any]:
    return {"key": key, "value": value, "source": source, "place": place, "held_back": held_back}


def _without_secrets(value: Any) -> Any:
    """What a server is given in its environment is often a key: it is not shown."""
    if not isinstance(value, dict):
        return value
    kept = {name: each for name, each in value.items() if each is not None}
    return kept | {"env": dict.fromkeys(kept["env"], "…")} if kept.get("env") else kept


def _shown(key: str, value: Any) -> str:
    from assistant.cli.settings import shown

    return '"…"' if ".env" in key else shown(_without_secrets(value))


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("setting", "value", "from"):
        table.add_column(name, overflow="fold", no_wrap=name == "setting")
    for row in rows:
        source = f"{row['source']}  {Path(row['place']).name}".rstrip()
        source += "  (held back)" if row["held_back"] else ""
        style = "dim" if row["source"] == "default" else "yellow" if row["held_back"] else ""
        cells = (row["key"], _shown(row["key"], row["value"]), source)
        table.add_row(*(Text(visible(cell), style) for cell in cells))
    Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE).print(table)


def _open_editor(file: Path) -> None:
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    words = shlex.split(wanted) if wanted else [each for each in _EDITORS if shutil.which(each)][:1]
    if not words:
        raise UsageError("There is no editor.", hint="Name one: EDITOR=nano coder config edit")
    try:
        code = subprocess.run([*words, str(file)], check=False).returncode
    except OSError as error:
        raise UsageError(
            f"The editor {words[0]!r} cannot be started: {error.strerror}.", hint="Name another in EDITOR."
        ) from error
    if code:
        raise CoderError(f"The editor {words[0]!r} ended with {code}; nothing was changed.")


def _go_back(error: CoderError, draft: Path, path: Path) -> bool:
    """Whether to open the editor again. Where not, what was written is kept beside the settings."""
    message = error.message.replace(str(path), path.name)
    typer.secho(visible(message), fg="red", err=True)
    if error.hint and "config edit" not in error.hint:
        typer.echo(visible(f"  {error.hint}"), err=True)
    try:
        if typer.confirm("Edit it again?", default=True, err=True):
            return True
    except typer.Abort:
        pass
    kept = path.with_name(f"{path.name}.rejected")
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(draft, kept)
    typer.echo(f"The settings stay as they were. What you wrote is in {kept}", err=True)
    return False
