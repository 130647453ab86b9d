"""Manifests: what a model is and which files make it, read from TOML that ships with coder or that the
user wrote."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from assistant.catalog.edit_format import EditFormat
from assistant.catalog.locations import manifests_folder
from assistant.catalog.places import place_of
from assistant.catalog.source import (
    Draft,
    DraftKind,
    Gigabytes,
    HubFile,
    Quantization,
    Shape,
    Source,
    Table,
    Variant,
    Words,
)
from assistant.errors import UsageError
from assistant.resources import resource_folder


@dataclass(frozen=True, slots=True)
class Selection:
    """What a pull brings: one quantization of the target and at most one draft, and where they go."""

    target: Variant
    draft: Variant | None = None
    kind: DraftKind | None = None
    draft_shape: Shape | None = None

    @property
    def target_path(self) -> Path:
        return place_of(self.target.files[0])

    @property
    def draft_path(self) -> Path | None:
        return place_of(self.draft.files[0]) if self.draft else None

    @property
    def places(self) -> tuple[tuple[HubFile, Path], ...]:
        """Every file and where it lies once it is pulled."""
        files = (*self.target.files, *(self.draft.files if self.draft else ()))
        return tuple((file, place_of(file)) for file in files)

    @property
    def here(self) -> bool:
        """All of its files are there."""
        return all(path.is_file() for _, path in self.places)

    @property
    def size_gb(self) -> float | None:
        """None where a size is not known."""
        sizes = [variant.size_gb for variant in (self.target, self.draft) if variant]
        return None if None in sizes else round(sum(filter(None, sizes)), 3)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Manifest(Table):
    """A target and the drafts that may speculate for it, the preferred one first."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: Words
    about: Words
    license: Words
    target: Source | None = None
    """None: the model comes with a package and is not pulled."""
    drafts: Annotated[tuple[Draft, ...], BeforeValidator(_as_list)] = Field(
        default=(), alias="draft", strict=False
    )
    architecture: Words | None = None
    context: int | None = Field(default=None, gt=0)
    """Tokens that it was trained for."""
    shape: Shape | None = None
    family: Words | None = None
    edit_format: EditFormat | None = None
    """The one that it gets right."""
    advice: Words = ""
    size_gb: Gigabytes | None = None
    """Download of the preferred target and draft, where their sources do not say."""
    memory_gb: Gigabytes | None = None
    """What it takes to run with a context of 8192 tokens."""

    @model_validator(mode="after")
    def _says_its_size(self) -> "Manifest":
        if self.size_gb is None and (self.target is None or self.select().size_gb is None):
            raise ValueError("size_gb is missing, here or for what is pulled first")
        return self

    @property
    def download_gb(self) -> float:
        size = self.select().size_gb if self.target else None
        return size or self.size_gb or 0.0

    def select(self, quantization: str | None = None, draft: str | None = None) -> Selection:
        """The preferred selection with this quantization and this kind of draft. Raises UsageError."""
        for selection in self.selections():
            if quantization in (None, selection.target.quantization) and draft in (None, selection.kind):
                return selection
        have = sorted({s.target.quantization for s in self.selections()} - {""})
        kinds = sorted({s.kind for s in self.selections() if s.kind})
        raise UsageError(
            f"{self.name} has no {' with the draft '.join(filter(None, (quantization, draft))) or 'files'}.",
            hint=f"Quantizations: {', '.join(have) or 'one'}. Drafts: {', '.join(kinds) or 'none'}.",
        )

    def selections(self) -> Iterator[Selection]:
        """All there is to choose from, the preferred ones first."""
        for target in self.target.variants if self.target else ():
            for draft in self.drafts:
                for variant in draft.variants:
                    yield Selection(target, variant, draft.kind, draft.shape)
            if not self.drafts:
                yield Selection(target)

    @property
    def here(self) -> Selection | None:
        """The preferred selection of those that are on this machine."""
        return self.here_of("")

    def here_of(self, part: str) -> Selection | None:
        """The same of those with this quantization or file of the target; empty for any."""
        return next((each for each in self.selections() if each.here and each.target.is_called(part)), None)

    @property
    def pulled(self) -> bool:
        return self.here is not None


def load_manifests() -> dict[str, Manifest]:
    """All manifests by name; the user's own override those that ship. Raises UsageError for a broken one."""
    folders = (resource_folder("models"), manifests_folder())
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
        document = tomllib.loads(path.read_text("utf-8"))
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise _explained(path, document, error) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"The manifest {path} cannot be read: {error}.") from error


def _explained(path: Path, document: dict[str, Any], error: ValidationError) -> UsageError:
    """The first of the errors, with the key as the file has it."""
    first = error.errors()[0]
    single = isinstance(document.get("draft"), dict)
    keys = [str(key + 1) if isinstance(key, int) else key for key in first["loc"]]
    if single and keys[:1] == ["draft"]:
        del keys[1:2]
    where = ".".join(keys) or "the file"
    if first["type"] != "extra_forbidden":
        return UsageError(
            f"The manifest {path} is wrong at {where}: {first['msg'].removeprefix('Value error, ')}."
        )
    close = get_close_matches(keys[-1], _keys_beside(first["loc"]), n=1)
    return UsageError(
        f"The manifest {path} has an unknown key: {where}.", hint=f"Did you mean {close[0]}?" if close else ""
    )


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `place` may have."""
    tables: dict[str, type[Table]] = {
        "": Manifest, "target": Source, "draft": Draft, "quantizations": Quantization, "shape": Shape,
    }  # fmt: skip
    table = next((key for key in reversed(place[:-1]) if isinstance(key, str)), "")
    return [field.alias or name for name, field in tables[table].model_fields.items()]
