"""A model as `coder models` shows it, with what of it fits this machine."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.sizes import as_size

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.catalog.manifest import Manifest, Selection
    from assistant.engine.memory import FreeMemory

_GIB = 2**30


def described_file(path: "Path", free: "FreeMemory") -> dict[str, Any]:
    """A GGUF file that no manifest names, as `described` has it. Raises ModelError for what is none."""
    from assistant.catalog.fitting import of_files
    from assistant.engine.fit import USUAL_CONTEXT
    from assistant.engine.gguf_header import read_header
    from assistant.engine.model_shape import model_shape

    header = read_header(path)
    longest = model_shape(header).context_length or USUAL_CONTEXT
    size = sum(file.stat().st_size for file in {tensor.file for tensor in header.tensors.values()}) / 1e9
    fits = asdict(of_files(path, None, longest, free))
    one = {"name": "", "size_gb": round(size, 3), "here": True, "draft": None, "fits": fits}
    return {
        "name": path.stem,
        "title": header.text("general.name"),
        "license": header.text("general.license"),
        "architecture": header.architecture,
        "context": longest,
        "size_gb": round(size, 3),
        "available": True,
        "drafts": [],
        "quantizations": [one],
        "files": [str(path)],
    }


def described(manifest: "Manifest", free: "FreeMemory") -> dict[str, Any]:
    """All that is known of a model, ready for JSON: sizes in GB of the download, memory in bytes."""
    from assistant.catalog import embedded

    first = manifest.here or (manifest.select() if manifest.target else None)
    files = [path for _, path in first.places] if first else [embedded.prepared_path()]
    return {
        "name": manifest.name,
        "title": manifest.title,
        "about": manifest.about,
        "advice": manifest.advice,
        "license": manifest.license,
        "architecture": manifest.architecture,
        "context": manifest.context,
        "family": manifest.family,
        "edit_format": manifest.edit_format,
        "size_gb": manifest.download_gb,
        "memory_gb": manifest.memory_gb,
        "available": manifest.pulled or (manifest.target is None and embedded.available() is not None),
        "drafts": [draft.kind for draft in manifest.drafts],
        "quantizations": _quantizations(manifest, free),
        "files": [str(path) for path in files],
    }


def _quantizations(manifest: "Manifest", free: "FreeMemory") -> list[dict[str, Any]]:
    """Each quantization with a draft: the one that is here, else the preferred one."""
    chosen: dict[str, Selection | None] = {} if manifest.target else {"": None}
    for selection in manifest.selections():
        name = selection.target.quantization
        known = chosen.get(name)
        if known is None or (selection.here and not known.here):
            chosen[name] = selection
    return [_quantization(manifest, name, selection, free) for name, selection in chosen.items()]


def _quantization(
    manifest: "Manifest", name: str, selection: "Selection | None", free: "FreeMemory"
) -> dict[str, Any]:
    from assistant.catalog.fitting import fitting

    fits = fitting(manifest, selection, free)
    return {
        "name": name,
        "size_gb": selection.size_gb if selection else manifest.download_gb,
        "here": bool(selection and selection.here),
        "draft": selection.kind if selection else None,
        "fits": asdict(fits) if fits else None,
    }


def best_fit(quantizations: list[dict[str, Any]]) -> str:
    """The one that is here, else the first that fits, in a few words."""
    from assistant.engine.forecast import Forecast

    known = [one for one in quantizations if one["fits"]]
    order = sorted(known, key=lambda one: (not one["here"], not one["fits"]["context"]))
    if not order:
        return "size not known"
    name = f"{order[0]['name']}: " if order[0]["name"] else ""
    return f"{name}{Forecast(**order[0]['fits'])}"


def fit_line(one: dict[str, Any]) -> str:
    """A quantization with its size, what fits, and what the memory goes to."""
    from assistant.engine.forecast import Forecast

    size = as_size(one["size_gb"] * 1e9) if one["size_gb"] else "?"
    line = f"{one['name'] or 'one file':12} {size:>9}  {'here' if one['here'] else '':4}  "
    fits = one["fits"]
    if not fits:
        return line + "size not known"
    parts = [f"{part} {fits[part] / _GIB:.2f}" for part in ("weights", "kv", "compute") if fits[part]]
    memory = f" ({', '.join(parts)} GiB)" if parts else ""
    note = f" {fits['note']}" if fits["note"] else ""
    return f"{line}{Forecast(**fits)}{memory}{note}"
