"""From a model's name to a generator that is ready to answer."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.checksum import is_as_recorded
from assistant.catalog.locations import cache_folder
from assistant.catalog.resolve import RECOMMENDED, ModelFiles, resolve_model
from assistant.chat.families import detect_family
from assistant.chat.local import LocalGenerator
from assistant.engine.curve import CostCurve, curve_for
from assistant.engine.drafters.load import DraftOptions, load_drafter, predicts_ahead
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.store import AnswerStore, store_path
from assistant.engine.drafters.worth import DraftCost, pays
from assistant.engine.first_load import check_first_load
from assistant.engine.fit import Fitted, fit, fit_with_draft, usual_options
from assistant.engine.llama import Context, ContextOptions, Model, free_memory, requantize
from assistant.engine.memory import FreeMemory
from assistant.engine.options import FlashAttention, KvType
from assistant.engine.state_store import StateStore
from assistant.errors import ModelError, UsageError

Progress = Callable[[str, float], None]
# Kept KV states take at most this much, and this part of what is free.
_MOST_STATE_BYTES = 4 * 2**30
_STATES_OF_DISK = 0.1
TINY = f"The embedded model is tiny, for trying out. A real one: coder pull {RECOMMENDED}"


def load_generator(
    wanted: str | ModelFiles | None,
    progress: Progress,
    *,
    context_tokens: int | None = None,
    kv_type: KvType | None = None,
    flash_attention: FlashAttention | None = None,
    draft: bool | str = True,
    exact: bool = False,
    repository: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> LocalGenerator:
    """Load the model `wanted`, by name or files (None: the best there is), with its draft and cost curve.

    Context and offloaded layers are fitted to the memory that is free; `context_tokens` that do not
    fit are refused. `kv_type` and `flash_attention` None choose what suits the machine, `exact` selects
    the reference profile. `draft` is another's file instead of the model's own, which is loaded only where
    it may pay; False loads the model alone. With `repository`, what was answered there before is drafted
    again, and conversations are kept. `progress` gets (what is done now, fraction), and `tell` what had to
    be left out. Raises ModelError or UsageError."""
    files = wanted if isinstance(wanted, ModelFiles) else resolve_model(wanted)
    if draft is not True:
        files = replace(files, draft=_own_draft(draft) if draft else None)
    prepare(files, progress)
    free = free_memory()
    wish = usual_options(
        free, n_ctx=context_tokens, kv_type=kv_type, flash_attention=flash_attention, exact=exact
    )
    if wish.flash_attention == "off" and wish.kv_type not in ("F32", "F16"):
        raise UsageError(
            f"A KV cache of {wish.kv_type} needs flash attention.",
            hint="Leave out --flash-attention off, or take --kv-type F16.",
        )
    target, beside = _fit(files, wish, free, shorten=context_tokens is None)
    tell = tell or (lambda note: progress(note, 0.0))
    if target.note:
        tell(target.note)
    with ExitStack() as loaded:
        model = loaded.enter_context(
            Model(
                files.target,
                gpu_layers=target.gpu_layers,
                mtp=bool(draft) and beside is None and predicts_ahead(files.target),
                progress=partial(progress, f"loading {files.name}"),
            )
        )
        context = loaded.enter_context(Context(model, target.options))
        curve = _curve(context, progress)
        drafter = None
        try:
            drafter = _drafter(files, beside, context, curve, progress, wanted=isinstance(draft, str))
        except ModelError as error:
            tell(f"The draft is left out, and answers come slower: {error.message}")
        if drafter:
            loaded.callback(drafter.close)
        answers = _answers(repository, model) if repository else None
        family = detect_family(model.chat_template, model.architecture, files.family or model.name)
        generator = LocalGenerator(
            model,
            context,
            curve,
            family=family,
            draft=drafter,
            answers=answers,
            states=_states() if repository else None,
            name=files.name,
            edit_format=files.edit_format,
        )
        loaded.pop_all()
    return generator


def _own_draft(file: str) -> Path:
    path = Path(file).expanduser()
    if not path.is_file():
        raise UsageError(f"There is no draft {path}.", hint="Give its .gguf file with --draft, or off.")
    return path


def _fit(
    files: ModelFiles, wish: ContextOptions, free: FreeMemory, *, shorten: bool
) -> tuple[Fitted, Fitted | None]:
    if files.draft is None:
        return fit(files.target, wish, free, shorten=shorten), None
    return fit_with_draft(files.target, files.draft, wish, free, shorten=shorten)


def prepare(files: ModelFiles, progress: Progress) -> None:
    """Make the embedded model's file on first use. Other models are there already: of their files, those that
    no pull has checked are tried first. Raises ModelError for one that llama.cpp cannot read."""
    if files.target == embedded.prepared_path() and not files.target.exists():
        embedded.prepare(requantize, lambda done: progress("preparing the embedded model", done))
    for path in (files.target, files.draft):
        if path:
            try_first(path, progress)


def try_first(path: Path, progress: Progress) -> None:
    """Have llama.cpp read a file in a process of its own, unless it did before or a pull has checked it.
    Raises ModelError for one that it cannot read."""
    if path.is_file() and path != embedded.draft_path() and not is_as_recorded(path):
        progress(f"trying {path.name}", 0.0)
        check_first_load(path, cache_folder() / "loaded")


def _answers(repository: Path, model: Model) -> AnswerStore:
    return AnswerStore(store_path(cache_folder() / "answers", repository, model), model.n_vocab)


def _states() -> StateStore:
    folder = cache_folder() / "states"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return StateStore(folder, min(_MOST_STATE_BYTES, int(shutil.disk_usage(folder).free * _STATES_OF_DISK)))


def _curve(context: Context, progress: Progress) -> CostCurve | None:
    if not context.can_drop_suffix:
        return None
    progress("measuring this machine", 0.0)
    curve, origin = curve_for(context, cache_folder() / "curves")
    if origin in ("damaged", "another machine"):
        progress(f"measured this machine again (the stored curve: {origin})", 1.0)
    return curve


def _drafter(
    files: ModelFiles,
    fitted: Fitted | None,
    context: Context,
    curve: CostCurve | None,
    progress: Progress,
    *,
    wanted: bool,
) -> NetworkDrafter | None:
    """The draft that came with the model, else the model's own next-token layers where it has some. One that
    is not `wanted` by name must be likely to pay on this machine."""
    model = context.model
    path = files.draft if fitted else files.target if model.mtp else None
    if path is None or not context.can_drop_suffix:
        return None
    passes = None if wanted or curve is None else curve.table()
    cost = DraftCost(path, context, cache_folder() / "curves")
    if passes and cost.known and not pays(path, cost.known, passes):
        return None
    options = DraftOptions(gpu_layers=fitted.gpu_layers if fitted else -1)
    drafter = load_drafter(
        path, model, context, options, progress=partial(progress, f"loading draft {path.stem}")
    )
    if passes is None or pays(path, cost.of(drafter), passes):
        return drafter
    drafter.close()
    return None
