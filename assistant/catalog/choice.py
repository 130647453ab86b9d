"""Which quantization of a model suits this machine's memory, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.catalog.fitting import fitting
from assistant.catalog.manifest import Manifest, Selection
from assistant.engine.fit import USUAL_CONTEXT
from assistant.engine.forecast import Forecast
from assistant.engine.memory import FreeMemory
from assistant.errors import ModelError
from assistant.sizes import as_size

# The order of preference where a manifest has none: as small as loses little, then larger, then smaller.
_USUAL = ("Q4_K_M", "Q4_K_S", "Q4_0", "MXFP4", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "Q3_K_M", "IQ3_M", "Q2_K")
_NOTHING_GAINED = ("F16", "BF16", "F32")


@dataclass(frozen=True, slots=True)
class Choice:
    """`reason` is a sentence for the user; empty where there was nothing to choose."""

    selection: Selection
    reason: str = ""


def choose(
    manifest: Manifest, free: FreeMemory, quantization: str | None = None, draft: str | None = None
) -> Choice:
    """The selection to pull. What is asked for is taken as it is; else the largest quantization that a GPU
    holds entirely, or on a CPU, where a larger one is a slower one, the preferred of those that fit.

    Raises UsageError for what there is not, ModelError where nothing fits."""
    if quantization is not None:
        return Choice(manifest.select(quantization, draft))
    names = list(dict.fromkeys(each.target.quantization for each in manifest.selections()))
    preferred = manifest.select(None, draft)
    if len(names) < 2:
        return Choice(preferred)
    enough = min(USUAL_CONTEXT, manifest.context or USUAL_CONTEXT)
    fits: dict[str, Forecast] = {}
    for name in _by_preference(names):
        forecast = fitting(manifest, manifest.select(name, draft), free, longest=enough)
        if forecast is None:
            return Choice(preferred, "Not all sizes are known, so the usual one is taken.")
        fits[name] = forecast
    best, why = _best(manifest, fits, enough, free)
    room = f"room for {fits[best].context:,} tokens of context where {_told(free)}"
    return Choice(manifest.select(best, draft), f"{best}: {why}, with {room}.")


def _best(manifest: Manifest, fits: Mapping[str, Forecast], enough: int, free: FreeMemory) -> tuple[str, str]:
    """Its name and why. `fits` are in the order of preference."""
    good = [name for name in fits if fits[name].context >= enough]
    on_gpu = [name for name in good if fits[name].on_gpu == 1 and name not in _NOTHING_GAINED]
    if on_gpu:
        return max(on_gpu, key=lambda name: fits[name].weights), "the largest that this GPU holds entirely"
    if good:
        return good[0], "the usual one" if good[0] == next(iter(fits)) else "the best that fits"
    roomiest = max(fits, key=lambda name: fits[name].context)
    if fits[roomiest].context:
        return roomiest, "the one that leaves most room"
    least = min(fits, key=lambda name: fits[name].weights)
    with_draft = " with its draft" if manifest.drafts else ""
    raise ModelError(
        f"{manifest.name} does not fit this machine: {least}, its smallest quantization, takes "
        f"{as_size(fits[least].weights)}{with_draft}, and {_told(free)}.",
        hint=f"Choose a smaller model (coder models). All the same: --quantization {least}",
    )


def _by_preference(names: list[str]) -> list[str]:
    """The manifest's own order unless it goes by size, as one made of a repository does."""
    if names[0] in _USUAL[:4]:
        return names
    rank = {name: position for position, name in enumerate(_USUAL)}
    return sorted(names, key=lambda name: rank.get(name, len(rank)))


def _told(free: FreeMemory) -> str:
    gpu = f" and {as_size(free.device)} on the GPU" if free.device and not free.unified else ""
    return f"{as_size(free.host)} are free{gpu}"
