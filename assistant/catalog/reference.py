"""Models that no manifest names: `hf:owner/repo[:file or quantization]`, and GGUF files by their path.

A repository becomes a manifest of the user's own when it is pulled, so that it has a name from then on and
its owner can add to it what only they know, such as a draft.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from assistant.catalog.hub import Repository, list_repository
from assistant.catalog.locations import manifests_folder
from assistant.catalog.manifest import Manifest, find_manifest, load_manifests
from assistant.catalog.source import SPLIT, Quantization, Source
from assistant.errors import CoderError, ModelError, UsageError

_PREFIX = "hf:"
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_FILE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*\.gguf")
_QUANTIZATION = re.compile(r"(?:UD-)?(?:I?Q\d\w*|TQ\d\w*|BF16|F16|F32|MXFP4\w*)(?=$|[.-])", re.IGNORECASE)
_NO_MODELS = re.compile(r"mmproj|imatrix|projector", re.IGNORECASE)
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Reference:
    """`part` is a file or a quantization of the repository, empty for whichever suits best."""

    repo: str
    part: str = ""

    def __str__(self) -> str:
        return f"{_PREFIX}{self.repo}{f':{self.part}' if self.part else ''}"

    @property
    def file(self) -> str | None:
        return self.part if self.part.endswith(".gguf") else None


def is_path(name: str) -> bool:
    """Whether a file is meant rather than a model's name."""
    return not name.startswith(_PREFIX) and (name.endswith(".gguf") or "/" in name or os.sep in name)


def parse_reference(name: str) -> Reference | None:
    """None where `name` is no such reference. Raises UsageError for one that is written wrongly, or whose
    file would lie elsewhere than in the repository's folder."""
    if not name.startswith(_PREFIX):
        return None
    repo, _, part = name.removeprefix(_PREFIX).partition(":")
    if not _REPO.fullmatch(repo) or ".." in repo:
        raise UsageError(
            f"{repo or 'Nothing'} is no repository.", hint="Write it as hf:OWNER/REPO[:FILE.gguf]."
        )
    if ("/" in part or part.endswith(".gguf")) and not _FILE.fullmatch(part):
        raise UsageError(f"{part!r} is no name of a GGUF file in a repository.")
    return Reference(repo, part)


def find_model(name: str) -> Manifest:
    """The manifest called `name`, or the user's own for the repository that is referred to. Raises UsageError
    for an unknown name, ModelError for a repository that was not pulled yet."""
    reference = parse_reference(name)
    if reference is None:
        return find_manifest(name)
    manifest = _known(reference)
    if manifest is None:
        raise ModelError(f"{reference} is not on this machine.", hint=f"Pull it: coder pull {reference}")
    return manifest


def manifest_for(reference: Reference) -> Manifest:
    """The manifest of a repository: the one there is, else one made of what the hub says, not yet kept.
    Raises ModelError with what fails, also for a repository without GGUF files that can be taken."""
    if known := _known(reference):
        return known
    repository = list_repository(reference.repo)
    variants = _variants(repository)
    if reference.file:
        variants = [each for each in variants if each.file == reference.file]
    if not variants:
        listed = sorted(each.name for each in repository.files if each.name.endswith(".gguf"))
        raise ModelError(
            f"{reference.repo} has no {reference.file or 'GGUF file that can be taken'}.",
            hint=f"It has: {', '.join(listed[:12])}." if listed else "Look for a repository with GGUF files.",
        )
    try:
        return Manifest(
            name=_free_name(reference),
            title=reference.repo.partition("/")[2],
            about=f"Pulled from {reference.repo}.",
            license=repository.license,
            target=Source(repo=reference.repo, quantizations=tuple(variants)),
        )
    except ValidationError as error:
        raise ModelError(f"{reference.repo} cannot be taken: {error.errors()[0]['msg']}.") from error


def keep(manifest: Manifest) -> Path:
    """Write the manifest of a repository where the user's own are, and return its path. One that is there
    already stays as it is. Raises CoderError."""
    import tomlkit

    path = manifests_folder() / f"{manifest.name}.toml"
    assert manifest.target
    text = tomlkit.document()
    text.add(tomlkit.comment(f"Made by `coder pull {_PREFIX}{manifest.target.repo}`. Yours to change."))
    fields = manifest.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    target = fields.pop("target")
    rows = tomlkit.array().multiline(True)
    for row in target.pop("quantizations"):
        rows.append(tomlkit.inline_table() | row)
    for key, value in fields.items():
        text[key] = value
    text["target"] = {**target, "quantizations": rows}
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(tomlkit.dumps(text), "utf-8")
        if not path.exists():
            temporary.replace(path)
    except OSError as error:
        raise CoderError(f"The manifest {path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


def _known(reference: Reference) -> Manifest | None:
    """A manifest whose target is of this repository and can give the wanted file or quantization."""
    for manifest in load_manifests().values():
        if manifest.target is None or manifest.target.repo != reference.repo:
            continue
        if any(variant.is_called(reference.part) for variant in manifest.target.variants):
            return manifest
    return None


def _variants(repository: Repository) -> list[Quantization]:
    """One for each GGUF model, split ones by their first part, the small sizes first. Names that could lead
    out of the repository's folder are left out, as are parts of other kinds."""
    sizes: dict[str, int | None] = {}
    hashes: dict[str, str | None] = {}
    for each in repository.files:
        if not _FILE.fullmatch(each.name) or ".." in each.name or _NO_MODELS.search(each.name):
            continue
        split = SPLIT.fullmatch(each.name)
        first = f"{split[1]}-00001-of-{split[3]}.gguf" if split else each.name
        known = sizes.get(first, 0)
        sizes[first] = None if each.size is None or known is None else known + each.size
        hashes[first] = None if split else each.sha256
    found: dict[str, Quantization] = {}
    for file in sorted(sizes, key=lambda file: (sizes[file] or 0, file)):
        size = sizes[file]
        name = _quantization(file)
        if name in found:
            name = re.sub(r"[^\w.-]", "-", file.removesuffix(".gguf"))
        found[name] = Quantization(
            name=name,
            file=file,
            size_gb=max(round(size / _GB, 6), 1e-6) if size else None,
            sha256=hashes[file],
        )
    return list(found.values())


def _quantization(file: str) -> str:
    stem = (SPLIT.sub(r"\1", file)).rpartition("/")[2].removesuffix(".gguf")
    names = _QUANTIZATION.findall(stem)
    return names[-1].upper() if names else stem


def _free_name(reference: Reference) -> str:
    """A name that no other model has."""
    taken = load_manifests()
    name = re.sub(r"[^a-z0-9._-]", "-", reference.repo.partition("/")[2].lower())
    name = name.removesuffix("-gguf") or name
    if reference.file:
        name = f"{name}-{_quantization(reference.file).lower()}"
    if name in taken:
        name = f"{reference.repo.partition('/')[0].lower()}-{name}"
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789')}{number}", number + 1
    return name
