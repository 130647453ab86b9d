"""The settings of a command: its options laid over the environment and the settings files.

What a repository's file may set on consent only is asked for here, once for each content of the file.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

from assistant.engine.options import FlashAttention, KvType
from assistant.visible import visible

if TYPE_CHECKING:
    from assistant.config import Config, Settings


def settings_for(path: Path, *, may_ask: bool = True, **options: object) -> "Settings":
    """What holds in the repository that `path` lies in. `options` are named as the settings that they
    override; None was not given. Raises UsageError or RefusedError for settings that are wrong."""
    from assistant.config import load_config
    from assistant.repo.workspace import find_workspace

    root = find_workspace(path).root
    config = load_config(root, flags=options)
    if config.held_back and config.verdict is None:
        if may_ask and sys.stdin.isatty() and sys.stderr.isatty():
            ask_for_trust(root, config)
            return load_config(root, flags=options).settings
        typer.echo(
            visible(
                f"Left out of {root.name}/.coder.toml until you agree to it (coder config trust): "
                f"{', '.join(config.held_back)}"
            ),
            err=True,
        )
    return config.settings


def with_model(settings: "Settings", name: str) -> "Settings":
    """The same with another model, and that one's own draft: a file that was named belongs to the former."""
    return settings.model_copy(update={"model": name, "draft": settings.draft is not False})


class Loading(TypedDict):
    """Options of `load_generator`."""

    context_tokens: int | None
    kv_type: KvType | None
    flash_attention: FlashAttention | None
    draft: bool | str
    repository: Path | None


def loading(settings: "Settings", root: Path | None = None) -> Loading:
    """How a model is loaded to work in the repository at `root`."""
    return Loading(
        context_tokens=settings.context,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
        draft=settings.draft,
        repository=root if settings.history else None,
    )


def ask_for_trust(root: Path, config: "Config", *, yes: bool = False) -> bool:
    """Show what the repository's file would do, ask, and remember the answer for this content of it."""
    from assistant.config import TrustStore

    show_held_back(root, config)
    if not yes:
        yes = typer.confirm(
            "Let it, as long as this file and those it runs stay as they are?", default=False, err=True
        )
    TrustStore().remember(root, config.digest, trusted=yes)
    return yes


def show_held_back(root: Path, config: "Config") -> None:
    """Each thing with what it does, in full: it is what the user agrees to."""
    from assistant.config.trust import ON_CONSENT

    typer.echo(visible(f"{root / '.coder.toml'} comes with this repository, and it"), err=True)
    for key, value in config.held_back.items():
        does = ON_CONSENT[key.partition(".")[0]]
        typer.echo(visible(f"  {does}:\n    {key} = {shown(value)}"), err=True)


def shown(value: object) -> str:
    """A value as TOML has it, on one line."""
    import tomlkit

    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {shown(each)}' for key, each in value.items())} }}"
    return tomlkit.item(value).as_string() if value is not None else ""
