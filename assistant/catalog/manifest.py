"""Manifests: which files make a model, read from TOML that ships with coder or that the user wrote."""

import tomllib
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.catalog.locations import config_folder, models_folder
from assistant.errors import UsageError
from assistant.resources import resource_folder


class HubFile(BaseModel):
    """One file of a repository on the model hub. `sha256` is checked when it is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    file: str = Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*\.gguf$")
    revision: str = "main"
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """A target and, where there is one, the draft that speculates for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    about: str
    license: str
    target: HubFile | None = None
    """None: the model comes with a package and is not pulled."""
    draft: HubFile | None = None
    family: str | None = None
    size_gb: float = Field(gt=0)
    """Download of target and draft together."""
    memory_gb: float = Field(gt=0)
    """What it takes to run with a context of 8192 tokens."""

    def path(self, file: HubFile) -> Path:
        """Where `file` lies once it is pulled. Target and draft may have the same name on the hub."""
        folder = models_folder() / self.name
        return (folder / "draft" if file == self.draft else folder) / file.file

    @property
    def pulled(self) -> bool:
        """All of its files are there."""
        files = [file for file in (self.target, self.draft) if file]
        return bool(files) and all(self.path(file).is_file() for file in files)


def load_manifests() -> dict[str, Manifest]:
    """All manifests by name; the user's own override those that ship. Raises UsageError for a broken one."""
    folders = (resource_folder("models"), config_folder() / "models")
    found = [_read(path) for folder in folders for path in sorted(folder.glob("*.toml"))]
    return {manifest.name: manifest for manifest in found}


def find_manifest(name: str) -> Manifest:
    """The manifest called `name`. Raises UsageError, with the names that come close."""
    manifests = load_manifests()
    if name in manifests:
        return manifests[name]
    close = get_close_matches(name, manifests, n=1, cutoff=0.4)
    raise UsageError(
        f"There is no model called {name!r}.",
        hint=f"Did you mean {close[0]}?" if close else f"Known models: {', '.join(manifests)}.",
    )


def _read(path: Path) -> Manifest:
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(f"The manifest {path} is wrong at {field}: {first['msg']}.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The manifest {path} cannot be read: {error}.") from error
