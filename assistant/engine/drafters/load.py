"""From a draft's file to the drafter that it is meant for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.engine.drafters.chain import Eagle3Drafter, MtpDrafter
from assistant.engine.drafters.dspark import Block, BlockDrafter
from assistant.engine.drafters.model import ModelDrafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.vocabulary import check_vocabulary
from assistant.engine.gguf_header import Header, Value, read_header
from assistant.engine.llama import (
    HEAD,
    Context,
    DraftContext,
    Gives,
    HiddenStates,
    Model,
    check_hidden_states,
    given_by,
    target_layers,
)
from assistant.errors import ModelError

_DEFAULT_BLOCK = 16
_ANOTHER = "Use a draft that was trained for this target, or none."


@dataclass(frozen=True, slots=True)
class DraftOptions:
    """`gpu_layers` of the draft, -1 for all. Drafts that go token by token stop where they are less
    sure than `minimum_probability`."""

    gpu_layers: int = -1
    minimum_probability: float = 0.3


def load_drafter(
    path: Path,
    target: Model,
    context: Context,
    options: DraftOptions | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> NetworkDrafter:
    """The drafter that the file at `path` makes: DSpark, DFlash, EAGLE-3, MTP, or a small model.

    The target's own file gives MTP from the target's own layers; the target must have been loaded with
    `mtp=True`. `progress` gets fractions of the load. Close the drafter before `context` and `target`.
    Raises ModelError when the draft is not one for this target, is damaged, or when the installed
    llama-cpp-python cannot run it."""
    options = options or DraftOptions()
    header = read_header(path)
    if path.resolve() == target.path.resolve():
        return _mtp(header, target, target, context, options)
    _check_header(header, path, target)
    mtp = _is_mtp(header)
    if mtp or header.architecture in ("dflash", "eagle3"):
        check_hidden_states()
    draft = Model(path, gpu_layers=options.gpu_layers, mtp=mtp, progress=progress)
    try:
        if header.architecture == "dflash":
            return _block(header, draft, target, context)
        if header.architecture == "eagle3":
            return _eagle3(draft, target, context, options)
        if mtp:
            return _mtp(header, draft, target, context, options)
        drafter = ModelDrafter(draft, target, replace(context.options, n_ctx=context.size))
        drafter.minimum_probability = options.minimum_probability
        return drafter
    except BaseException:
        draft.close()
        raise


def predicts_ahead(path: Path) -> bool:
    """Whether the model at `path` can draft for itself: to be loaded with `mtp=True`, and given to
    `load_drafter` as its own draft. Raises ModelError when it cannot be read."""
    return not _why_no_mtp(read_header(path))


def _block(header: Header, draft: Model, target: Model, context: Context) -> BlockDrafter:
    check_vocabulary(draft, target)
    if draft.mask < 0:
        raise ModelError(f"The draft {draft.path.name} names no mask token.", hint=_ANOTHER)
    block = Block(
        size=int(str(header.of_architecture("block_size") or _DEFAULT_BLOCK)),
        mask=draft.mask,
        from_anchor="markov_w1.weight" in header.tensors
        and header.of_architecture("sample_from_anchor") is not False,
        markov="markov_w1.weight" in header.tensors,
        confidence="conf_proj.weight" in header.tensors,
    )
    states = HiddenStates(context, target_layers(draft))
    causal = header.of_architecture("attention.causal") is True
    return BlockDrafter(block, states, DraftContext(draft, context, causal=causal), owned=draft)


def _eagle3(draft: Model, target: Model, context: Context, options: DraftOptions) -> Eagle3Drafter:
    check_vocabulary(draft, target)
    return Eagle3Drafter(
        "eagle3",
        HiddenStates(context, target_layers(draft)),
        DraftContext(draft, context),
        owned=draft,
        minimum_probability=options.minimum_probability,
    )


def _mtp(header: Header, draft: Model, target: Model, context: Context, options: DraftOptions) -> MtpDrafter:
    check_hidden_states()
    reason = _why_no_mtp(header) or ("" if draft.mtp else "the model was loaded without those layers")
    if reason:
        raise ModelError(
            f"{draft.path.name} cannot draft by multi-token prediction: {reason}.",
            hint="Use another draft, or none.",
        )
    if draft is not target:
        check_vocabulary(draft, target)
    return MtpDrafter(
        "mtp",
        HiddenStates(context, [HEAD]),
        DraftContext(draft, context, mtp=True),
        owned=None if draft is target else draft,
        minimum_probability=options.minimum_probability,
    )


def _why_no_mtp(header: Header) -> str:
    layers, gives = header.of_architecture("nextn_predict_layers"), given_by(header.architecture)
    if not layers:
        return "the file has no layers for it"
    if Gives.MTP not in gives or (layers != 1 and Gives.MTP_OF_MANY not in gives):
        return f"llama.cpp cannot run {layers} such layers of {header.architecture} models"
    if not any(name.endswith("nextn.eh_proj.weight") for name in header.tensors):
        return "the file names layers for it, but their weights were left out"
    if header.architecture == "deepseek2" and not header.of_architecture("attention.key_length_mla"):
        return "the file was converted before llama.cpp ran such layers"
    return ""


def _is_mtp(header: Header) -> bool:
    """A file of next-token layers alone, cut out of their model."""
    return (
        bool(header.of_architecture("nextn_predict_layers"))
        and "blk.0.attn_norm.weight" not in header.tensors
    )


def _check_header(header: Header, path: Path, target: Model) -> None:
    """What llama.cpp would crash on rather than refuse, and what is seen before anything is loaded."""
    reason = ""
    if "selector_hidden.weight" in header.tensors:
        reason = "DFlash 2 drafts are not supported"
    elif header.architecture == "gemma4-assistant":
        reason = f"{header.architecture} drafts are not supported"
    elif any(width != target.n_embd for width in _widths(header)):
        widths = " and ".join(str(width) for width in _widths(header))
        reason = f"it is made for hidden states of {widths} values and the target's have {target.n_embd}"
    elif "markov_w1.weight" in header.tensors and not header.of_architecture("block_size"):
        reason = "its metadata lacks the block size"
    elif "d2t" in header.tensors and not _maps_into(header, target.n_vocab):
        reason = f"its reduced vocabulary points outside the target's {target.n_vocab} tokens"
    if reason:
        raise ModelError(f"{path.name} cannot draft for {target.path.name}: {reason}.", hint=_ANOTHER)


def _widths(header: Header) -> set[Value]:
    """The widths that a draft shares with its target: of states that it reads, and where it has no
    embeddings or head of its own, of those that it borrows."""
    own, read = header.of_architecture("embedding_length"), header.of_architecture("target_hidden_size")
    shared = {own} if header.architecture == "dflash" or _is_mtp(header) else set[Value | None]()
    if header.architecture == "eagle3":
        shared = {read} if {"token_embd.weight", "output.weight"} <= header.tensors.keys() else {read, own}
    return {width for width in shared if width is not None}


def _maps_into(header: Header, n_vocab: int) -> bool:
    table = header.tensors["d2t"]
    ids = np.fromfile(table.file, "<i8", count=int(np.prod(table.shape)), offset=table.offset)
    return bool(len(ids)) and int(ids.min()) >= 0 and int(ids.max()) < n_vocab
