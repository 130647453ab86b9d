"""What of a manifest fits this machine: exact where its files are here, else from what it says."""

from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.manifest import Manifest, Selection
from assistant.catalog.source import Shape
from assistant.engine.fit import USUAL_CONTEXT, fit, fit_with_draft, usual_options
from assistant.engine.forecast import Forecast, ModelSize, forecast, of_fitted
from assistant.engine.gguf_header import read_header
from assistant.engine.memory import FreeMemory
from assistant.engine.model_shape import model_shape
from assistant.errors import ModelError

_GB = 1e9
_F16 = 2


def fitting(
    manifest: Manifest, selection: Selection | None, free: FreeMemory, *, longest: int | None = None
) -> Forecast | None:
    """The longest context that fits, up to `longest` or what the model was trained for. `selection` is None
    for the model that comes with a package. None where a size is not known."""
    longest = longest or manifest.context or USUAL_CONTEXT
    if selection is None:
        path = embedded.prepared_path()
        if path.exists():
            return of_files(path, None, longest, free)
        return forecast(_size(embedded.expected_bytes(), manifest.shape), None, longest, free)
    if selection.here:
        return of_files(selection.target_path, selection.draft_path, longest, free)
    if selection.target.size_gb is None or (selection.draft and selection.draft.size_gb is None):
        return None
    target = _size(int(selection.target.size_gb * _GB), manifest.shape)
    draft = (
        _size(int((selection.draft.size_gb or 0) * _GB), selection.draft_shape) if selection.draft else None
    )
    return forecast(target, draft, longest, free)


def _size(weights: int, shape: Shape | None) -> ModelSize:
    return (
        ModelSize(weights, shape.layers, shape.kv_numbers * _F16, shape.heads)
        if shape
        else ModelSize(weights)
    )


def of_files(target: Path, draft: Path | None, longest: int, free: FreeMemory) -> Forecast:
    """The same of files that are here; one that cannot be read fits nowhere, and the note says why."""
    wish = usual_options(free, n_ctx=longest)
    try:
        layers = len(model_shape(read_header(target)).layers)
        if draft is None:
            return of_fitted(fit(target, wish, free), None, layers)
        return of_fitted(*fit_with_draft(target, draft, wish, free), layers)
    except ModelError as error:
        return Forecast(0, 0.0, None, 0, 0, 0, "header", error.message)
