"""What is known of each model, and what of it fits this machine."""

from dataclasses import dataclass

from assistant.catalog import embedded
from assistant.catalog.choice import choose
from assistant.catalog.fitting import fitting
from assistant.catalog.manifest import Manifest, Selection, load_manifests
from assistant.catalog.resolve import RECOMMENDED
from assistant.engine.forecast import Forecast
from assistant.engine.memory import FreeMemory
from assistant.errors import CoderError
from assistant.sizes import as_size


@dataclass(frozen=True, slots=True)
class ModelRow:
    """`selection` is what is here, else what a pull would bring: None where there is nothing to pull, or
    nothing that fits. `forecast` is None where a size is not known, too; `why` says what was chosen, or why
    nothing could be."""

    manifest: Manifest
    here: bool
    selection: Selection | None
    forecast: Forecast | None
    why: str = ""

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def usable(self) -> bool:
        """Whether some context fits, as far as is known."""
        if self.forecast is None:
            return self.selection is not None
        return self.forecast.context > 0

    @property
    def fits(self) -> str:
        """How much context, in words."""
        if self.forecast is None:
            return "size not known" if self.selection else "does not fit"
        return str(self.forecast)

    @property
    def size(self) -> str:
        gb = (self.selection.size_gb if self.selection else None) or self.manifest.download_gb
        return as_size(gb * 1e9)


def model_rows(free: FreeMemory) -> list[ModelRow]:
    """All models: those on this machine first, then those that fit, the recommended one before the others.
    Raises UsageError for a broken manifest."""
    rows = [_row(manifest, free) for manifest in load_manifests().values()]
    return sorted(rows, key=lambda row: (not row.here, not row.usable, row.name != RECOMMENDED))


def memory_in_words(free: FreeMemory) -> str:
    gpu = f", {as_size(free.device)} on the GPU" if free.device and not free.unified else ""
    return f"{as_size(free.host)} of memory free{gpu}"


def _row(manifest: Manifest, free: FreeMemory) -> ModelRow:
    if manifest.target is None:
        there = embedded.available() is not None
        fits = fitting(manifest, None, free)
        why = "" if there else "It comes with a package: pip install 'coder-assistant[embedded]'"
        return ModelRow(manifest, there, None, fits, why)
    if here := manifest.here:
        fits = fitting(manifest, here, free)
        return ModelRow(manifest, True, here, fits, fits.note if fits else "")
    try:
        choice = choose(manifest, free)
    except CoderError as error:
        return ModelRow(manifest, False, None, None, error.message)
    fits = fitting(manifest, choice.selection, free)
    return ModelRow(manifest, False, choice.selection, fits, choice.reason)
