"""From a model's name to a generator that is ready to answer."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.locations import cache_folder
from assistant.catalog.resolve import ModelFiles, resolve_model
from assistant.chat.families import detect_family
from assistant.chat.local import LocalGenerator
from assistant.engine.curve import CostCurve, curve_for
from assistant.engine.drafters.load import load_drafter, predicts_ahead
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.store import AnswerStore, store_path
from assistant.engine.llama import Context, ContextOptions, Model, requantize

Progress = Callable[[str, float], None]
DEFAULT_CONTEXT = 8192


def load_generator(
    name: str | None,
    progress: Progress,
    *,
    context_tokens: int | None = None,
    exact: bool = False,
    repository: Path | None = None,
) -> LocalGenerator:
    """Load the model called `name` (None: the best there is) with its draft and cost curve.

    `exact` selects the reference profile. With `repository`, what was answered there before is drafted
    again. `progress` gets (what is done now, fraction). Raises
    ModelError or UsageError."""
    files = resolve_model(name)
    prepare(files, progress)
    model = Model(
        files.target,
        mtp=files.draft is None and predicts_ahead(files.target),
        progress=partial(progress, f"loading {files.name}"),
    )
    try:
        context = Context(model, ContextOptions(n_ctx=context_tokens or DEFAULT_CONTEXT, exact=exact))
        curve = _curve(context, progress)
        draft = _draft(files, model, context, progress)
        answers = _answers(repository, model) if repository else None
        family = detect_family(model.chat_template, model.architecture, files.family or model.name)
    except BaseException:
        model.close()
        raise
    return LocalGenerator(model, context, curve, family=family, draft=draft, answers=answers)


def prepare(files: ModelFiles, progress: Progress) -> None:
    """Make the embedded model's file on first use; other models are there already."""
    if files.target == embedded.prepared_path() and not files.target.exists():
        embedded.prepare(requantize, lambda done: progress("preparing the embedded model", done))


def _answers(repository: Path, model: Model) -> AnswerStore:
    return AnswerStore(store_path(cache_folder() / "answers", repository, model), model.n_vocab)


def _curve(context: Context, progress: Progress) -> CostCurve | None:
    if not context.can_drop_suffix:
        return None
    progress("measuring this machine", 0.0)
    curve, origin = curve_for(context, cache_folder() / "curves")
    if origin in ("damaged", "another machine"):
        progress(f"measured this machine again (the stored curve: {origin})", 1.0)
    return curve


def _draft(files: ModelFiles, model: Model, context: Context, progress: Progress) -> NetworkDrafter | None:
    """The draft that came with the model, else the model's own next-token layers where it has some."""
    path = files.draft or (files.target if model.mtp else None)
    if path is None or not context.can_drop_suffix:
        return None
    return load_drafter(path, model, context, progress=partial(progress, f"loading draft {path.stem}"))
