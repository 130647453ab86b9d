"""Fit a model to the memory that is free: context length and offloaded layers, or a refusal in numbers."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.engine.gguf_header import Header, read_header
from assistant.engine.memory import CONTEXT_STEP, FreeMemory, MemoryEstimate, estimate
from assistant.engine.model_shape import model_shape
from assistant.engine.options import ContextOptions, FlashAttention, KvType
from assistant.errors import ModelError

_GIB = 2**30
# Left free: on the host for this process and the user's other work, on a GPU for its driver.
HOST_MARGIN, DEVICE_MARGIN = _GIB // 4, _GIB // 2
SMALLEST_CONTEXT = 1024
# Bits a weight, by file type, from large to small.
_FILE_TYPES = (("Q8_0", 8.5), ("Q6_K", 6.6), ("Q4_K_M", 4.9), ("Q3_K_M", 3.9), ("Q2_K", 3.0))


USUAL_CONTEXT = 8192


def usual_options(
    free: FreeMemory,
    *,
    n_ctx: int | None = None,
    kv_type: KvType | None = None,
    flash_attention: FlashAttention | None = None,
    exact: bool = False,
) -> ContextOptions:
    """What a context is wished with where the user says no more than this.

    On a CPU flash attention reads the KV cache once for each token of a pass, and a draft is many. Behind
    3,500 tokens, SmolLM2 on two cores: 16 tokens take 210 ms with it and 141 ms without, one takes 22 and
    27. A quantized cache cannot be read without."""
    quantized = kv_type not in (None, "F32", "F16")
    return ContextOptions(
        n_ctx=n_ctx or USUAL_CONTEXT,
        kv_type=kv_type or "F16",
        flash_attention=flash_attention or ("auto" if free.device or quantized else "off"),
        exact=exact,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """`options.n_ctx` is at most what was wished and what the model was trained for; `note` tells the
    user why it is less where memory is the reason, else it is empty."""

    options: ContextOptions
    gpu_layers: int
    memory: MemoryEstimate
    note: str


def fit(
    path: Path,
    wish: ContextOptions,
    free: FreeMemory,
    *,
    gpu_layers: int | None = None,
    shorten: bool = True,
) -> Fitted:
    """The longest context up to the wished one that fits, with as many layers on the GPU as fit beside it.

    `gpu_layers` bounds how many; None or less than 0 does not. Without `shorten` the wished context is
    given or refused. Raises ModelError when even a short context does not fit, with what it needs,
    what is free and what would fit, and for a file that cannot be read."""
    header = read_header(path)
    shape = model_shape(header)
    most_layers = len(shape.layers) + 1
    if gpu_layers is not None and gpu_layers >= 0:
        most_layers = min(most_layers, gpu_layers)
    longest = min(wish.n_ctx, shape.context_length or wish.n_ctx)
    if longest < wish.n_ctx and not shorten:
        raise ModelError(
            f"{path.name} was trained for at most {longest} tokens of context, not {wish.n_ctx}.",
            hint=f"Use --context {longest}, or leave it out.",
        )
    shortest = min(longest, SMALLEST_CONTEXT)

    def at(n_ctx: int) -> Fitted | None:
        options = replace(wish, n_ctx=n_ctx)
        on_gpu = max(free.device - DEVICE_MARGIN, 0)
        layers = _layers_that_fit(header, options, on_gpu, most_layers)
        needed = estimate(header, options, layers)
        on_host = needed.total if free.unified else needed.host
        return Fitted(options, layers, needed, "") if on_host <= free.host - HOST_MARGIN else None

    if found := at(longest):
        return found
    found = at(shortest)
    if not found:
        raise _refusal(path, header, replace(wish, n_ctx=shortest), free)
    low, high = shortest // CONTEXT_STEP, longest // CONTEXT_STEP + 1
    while high - low > 1:
        middle = (low + high) // 2
        if better := at(middle * CONTEXT_STEP):
            found, low = better, middle
        else:
            high = middle
    if not shorten:
        raise _too_long(path, header, replace(wish, n_ctx=longest), found.options.n_ctx, free)
    note = f"The context is {found.options.n_ctx} tokens, not {longest}: {_told(free)}."
    return replace(found, note=note)


def fit_with_draft(
    target: Path, draft: Path, wish: ContextOptions, free: FreeMemory, *, shorten: bool = True
) -> tuple[Fitted, Fitted | None]:
    """Target and draft, the target as `fit` has it in what the draft leaves. The draft is None where
    there is no room for both, and the target's `note` says so. Raises ModelError as `fit` does."""
    alone = fit(target, wish, free, shorten=shorten)
    estimate(draft, alone.options)  # a draft that cannot be read is no matter of room
    try:
        beside = fit(draft, alone.options, free)
        together = fit(target, wish, free.after(beside.memory), shorten=shorten)
    except ModelError as error:
        note = f"{alone.note} The draft {draft.name} is left out: {error.message}"
        return replace(alone, note=note.strip()), None
    return together, beside


def _layers_that_fit(header: Header, options: ContextOptions, room: int, most: int) -> int:
    """How many layers, at most `most`, have their share of memory within `room` bytes of a GPU."""

    def on_device(layers: int) -> int:
        return estimate(header, options, layers).device

    return max(bisect_right(range(most + 1), room, key=on_device) - 1, 0)


def _too_long(path: Path, header: Header, options: ContextOptions, fits: int, free: FreeMemory) -> ModelError:
    """A context that was asked for does not fit, and a shorter one of `fits` tokens would."""
    needed = estimate(header, options)
    return ModelError(
        f"{path.name} with a context of {options.n_ctx} tokens needs {_gib(needed.total + HOST_MARGIN)} of "
        f"memory: weights {_gib(needed.weights)}, KV cache {_gib(needed.kv)}, buffers "
        f"{_gib(needed.compute)}, and {_gib(HOST_MARGIN)} to spare. {_told(free)}.",
        hint=f"--context {fits} would fit. Or close other programs.",
    )


def _refusal(path: Path, header: Header, options: ContextOptions, free: FreeMemory) -> ModelError:
    """Told for the best split between host and GPU, where both have buffers of their own."""
    on_gpu = max(free.device - DEVICE_MARGIN, 0)
    layers = _layers_that_fit(header, options, on_gpu, len(model_shape(header).layers) + 1)
    needed = estimate(header, options, layers)
    file_bytes = estimate(header, options).weights
    room = free.host - HOST_MARGIN + (0 if free.unified else on_gpu)
    room = max(min(room - (needed.total - file_bytes), file_bytes * 19 // 20), 0)
    parameters = sum(tensor.elements for tensor in header.tensors.values())
    sizes = [(name, int(parameters * bits / 8)) for name, bits in _FILE_TYPES]
    smaller = next(((name, size) for name, size in sizes if size <= room), None)
    as_smaller = f", such as this one as {smaller[0]} (about {_gib(smaller[1])})" if smaller else ""
    return ModelError(
        f"{path.name} needs {_gib(needed.total + HOST_MARGIN)} of memory: weights {_gib(needed.weights)}, "
        f"a KV cache of {options.n_ctx} tokens {_gib(needed.kv)}, buffers {_gib(needed.compute)}, "
        f"and {_gib(HOST_MARGIN)} to spare. {_told(free)}.",
        hint=f"A model file of at most {_gib(room)} would fit{as_smaller}. Or close other programs.",
    )


def _told(free: FreeMemory) -> str:
    gpu = f" and {_gib(free.device)} on the GPU" if free.device and not free.unified else ""
    return f"{_gib(free.host)} are free{gpu}"


def _gib(size: int) -> str:
    return f"{size / _GIB:.2f} GiB" if size < 100 * _GIB else f"{size / _GIB:,.0f} GiB"
