"""All layers read, held against what a repository may set, and laid over each other."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.catalog.locations import config_folder
from assistant.config.document import Document, read_document
from assistant.config.settings import SINGLE_KEYS, Settings
from assistant.config.trust import FREE, ON_CONSENT, TrustStore, fingerprint
from assistant.config.validate import Place, entries, parsed, validated, with_entry
from assistant.errors import RefusedError

Source = Literal["default", "user", "repository", "environment", "flag"]
VARIABLES: Mapping[str, str] = {key: f"CODER_{key.upper().replace('.', '_')}" for key in SINGLE_KEYS}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: `place` is a file with its line, a variable, or an option."""

    source: Source
    place: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """`origins` by key (`model`, `app.theme`, `mcp.NAME`), of what is not a default. `held_back` is what the
    repository's file sets and the user has not agreed to; `verdict` is what they said to the content with
    this `digest`, which is also that of the files it runs, None where they were not asked."""

    settings: Settings
    origins: Mapping[str, Origin] = field(default_factory=dict)
    held_back: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    verdict: bool | None = None

    def origin(self, key: str) -> Origin:
        return self.origins.get(key, Origin("default"))


def user_file() -> Path:
    """The user's own settings."""
    return config_folder() / "config.toml"


def repository_file(root: Path) -> Path:
    """The settings of a repository: one file, in plain sight beside its other settings and in its diffs."""
    return root / ".coder.toml"


def load_config(
    root: Path | None,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
    trust: TrustStore | None = None,
) -> Config:
    """The settings that hold in the repository at `root`, None for those outside of one. `flags` are options
    by the key they set; those that are None were not given.

    Raises UsageError for what cannot be read or is wrong, with key and place, and RefusedError for what a
    repository may not set."""
    merged: dict[str, Any] = {}
    origins: dict[str, Origin] = {}

    def lay(source: Source, values: Mapping[str, Any], places: Mapping[str, str]) -> None:
        nonlocal merged
        for key, value in values.items():
            merged = with_entry(merged, key, value)
            origins[key] = Origin(source, places[key])

    own = _checked(read_document(user_file()))
    lay("user", *_placed(own))
    held_back: dict[str, Any] = {}
    verdict, digest = None, ""
    if root is not None:
        document = _checked(read_document(repository_file(root)))
        values, places = _placed(document)
        held_back = _needing_consent(values, places)
        digest = fingerprint(root, document.digest, held_back)
        verdict = (trust or TrustStore()).verdict(root, digest) if held_back else None
        if verdict:
            held_back = {}
        lay("repository", {key: values[key] for key in values if key not in held_back}, places)
    lay("environment", *_from_environment(environ))
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    options = {key: f"--{key.replace('_', '-')}" for key in given}
    for key, value in given.items():
        validated(with_entry({}, key, value), _at(options[key]))
    lay("flag", given, options)
    return Config(Settings.model_validate(merged), origins, held_back, digest, verdict)


def _checked(document: Document) -> Document:
    validated(document.values or {}, lambda keys: document.place(*keys))
    return document


def _placed(document: Document) -> tuple[dict[str, Any], dict[str, str]]:
    """Entries and where each stands."""
    values = dict(entries(document.values or {}))
    return values, {key: document.place(*key.split(".")) for key in values}


def _needing_consent(values: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """Raises RefusedError for what is not the repository's to set."""
    held_back = {}
    for key, value in values.items():
        table = key.partition(".")[0]
        if table in ON_CONSENT:
            held_back[key] = value
        elif table not in FREE:
            raise RefusedError(
                f"{places[key]}: {key} can be set in your own settings only, not by a repository.",
                hint=f"Take it out there; your own: coder config set {key} VALUE",
            )
    return held_back


def _at(place: str) -> Place:
    return lambda _: place


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Empty variables count as unset; other names are other programs' business."""
    said = {key: variable for key, variable in VARIABLES.items() if environ.get(variable)}
    values: dict[str, Any] = {}
    for key, variable in said.items():
        read = parsed(key, environ[variable], {}, _at(variable))
        values |= dict(entries(read))
    return values, said
