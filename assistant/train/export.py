"""A trained draft as the GGUF file that llama.cpp runs, written whole or not at all and proven by loading it.

Embeddings and, for a whole vocabulary, the head are the target's, which llama.cpp lends to the draft; a
reduced vocabulary carries its rows of the head.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import torch
from gguf.quants import quantize

from assistant.engine.drafters.load import DraftOptions, load_drafter
from assistant.engine.drafters.worth import ACCEPTANCE
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.errors import CoderError, ModelError
from assistant.train.drafts import ROPE_BASE, Draft
from assistant.train.feed import Feed
from assistant.train.recording import Answer, Recording

_LEAST_AGREEMENT = 0.8
_COMPARED_ANSWERS, _COMPARED_EVERY = 4, 16
_FLOAT32 = {"fc.weight", "conf_proj.weight"}
_EIGHT_BITS = {"output.weight", "markov_w1.weight"}


def export(
    draft: Draft,
    target: Path,
    layers: Sequence[int],
    acceptance: Sequence[float],
    path: Path,
    check: Callable[[Path], float],
) -> float:
    """Write `draft` of `target`, whose `layers` it reads, with its `acceptance` by position, to `path`, once
    `check` of that file gives a high enough share of equal drafts. Returns that share. Raises ModelError
    where it is low, CoderError when the file cannot be written; then there is none."""
    making = path.with_name(f".{path.name}.making")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(making, draft, target, layers, acceptance)
        agreement = check(making)
        if agreement < _LEAST_AGREEMENT:
            raise ModelError(
                f"llama.cpp drafts otherwise than what was trained: {agreement:.0%} of the tokens are equal.",
                hint="The training is kept. Report this with the versions of torch and llama-cpp-python.",
            )
        with making.open("rb") as file:
            os.fsync(file.fileno())
        making.replace(path)
    except OSError as error:
        raise CoderError(
            f"The draft cannot be written to {path}: {error.strerror or error}.",
            hint="Make room or give another --out, and go on with --resume: the training is kept.",
        ) from error
    finally:
        making.unlink(missing_ok=True)
    return agreement


def agreement(path: Path, target: Path, draft: Draft, feed: Feed, recording: Recording) -> float:
    """The share of the tokens drafted by llama.cpp from the file at `path` that torch drafts too, at some
    places of a few answers that were held out."""
    answers = (feed.held_out or feed.training)[:_COMPARED_ANSWERS]
    equal = total = 0
    options = ContextOptions(n_ctx=max(answer.length for answer in answers) + draft.shape.block + 1)
    with Model(target) as model, Context(model, options) as context:
        drafter = load_drafter(path, model, context, DraftOptions(minimum_probability=0.0))
        try:
            for answer in answers:
                tokens = recording.read(answer).tokens.tolist()
                context.truncate(0)
                for anchor, expected in _drafted(draft, feed, answer):
                    while (start := len(context.tokens)) < anchor:
                        context.evaluate(tokens[start : min(anchor, start + context.batch_size)])
                        drafter.observe(context, start)
                    drafter.begin(tokens[: anchor + 1])
                    found = drafter.propose(len(expected)).tokens
                    equal += sum(a == b for a, b in zip(found, expected, strict=False))
                    total += len(expected)
            if drafter.failure:
                raise ModelError(f"llama.cpp cannot run the draft: {drafter.failure}")
        finally:
            drafter.close()
    return equal / total


def _drafted(draft: Draft, feed: Feed, answer: Answer) -> Iterator[tuple[int, list[int]]]:
    """Every so many anchors, and what torch drafts there."""
    draft.eval()
    for batch in feed.whole(answer):
        with torch.no_grad():
            tokens = draft(batch.tokens, batch.states, batch.anchors).tokens[0]
        pairs = zip(batch.anchors[0].tolist(), tokens.tolist(), strict=True)
        yield from (pair for i, pair in enumerate(pairs) if i % _COMPARED_EVERY == 0)


def _write(
    path: Path, draft: Draft, target: Path, layers: Sequence[int], acceptance: Sequence[float]
) -> None:
    shape = draft.shape
    writer = gguf.GGUFWriter(str(path), "eagle3" if shape.method == "eagle3" else "dflash")
    writer.add_name(f"{target.stem} {shape.method}")
    _add_shape(writer, draft, layers)
    writer.add_array(f"{writer.arch}.{ACCEPTANCE}", list(acceptance))
    for key, value, kind, inner in _tokenizer(target):
        writer.add_key_value(key, value, kind, inner)
    writer.add_mask_token_id(shape.mask)
    for name, tensor in _tensors(draft):
        _add_tensor(writer, name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter, draft: Draft, layers: Sequence[int]) -> None:
    shape, layer, name = draft.shape, draft.shape.layer, writer.arch
    writer.add_context_length(2**17)
    writer.add_embedding_length(layer.embedding)
    writer.add_block_count(len(draft.blk))
    writer.add_feed_forward_length(layer.feed_forward)
    writer.add_head_count(layer.heads)
    writer.add_head_count_kv(layer.kv_heads)
    writer.add_key_length(layer.head)
    writer.add_value_length(layer.head)
    writer.add_layer_norm_rms_eps(layer.epsilon)
    writer.add_rope_dimension_count(layer.head)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_array(f"{name}.target_layers", list(layers))
    if shape.method == "eagle3":
        writer.add_uint32(f"{name}.target_hidden_size", layer.embedding)
        return
    writer.add_uint32(f"{name}.block_size", shape.block)
    if shape.method == "dspark":
        writer.add_bool(f"{name}.sample_from_anchor", True)
        writer.add_bool(f"{name}.has_confidence_head", True)


def _tokenizer(target: Path) -> Iterator[tuple[str, Any, Any, Any]]:
    """The target's vocabulary: token ids must mean the same."""
    for key, entry in gguf.GGUFReader(target).fields.items():
        if key.startswith("tokenizer.ggml.") and key != "tokenizer.ggml.mask_token_id":
            kind = entry.types[0]
            yield key, entry.contents(), kind, entry.types[-1] if len(entry.types) > 1 else None


def _tensors(draft: Draft) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Under llama.cpp's names; the scales that states are divided by go into the fusion."""
    values = {name: value.detach().cpu().float() for name, value in draft.named_parameters()}
    values["fc.weight"] = values["fc.weight"] / draft.scales.cpu()
    for name, value in values.items():
        yield name.replace("enc_output_norm", "enc.output_norm"), value.numpy()
    if len(draft.vocabulary) < len(draft.embeddings):
        yield "d2t", draft.vocabulary.cpu().numpy().astype(np.int64)
        yield "output.weight", draft.head.cpu().numpy()


def _add_tensor(writer: gguf.GGUFWriter, name: str, tensor: npt.NDArray[Any]) -> None:
    """The two large tables in eight bits, other matrices in F16, and what a wide range matters to in F32."""
    if tensor.ndim == 1 or name in _FLOAT32:
        writer.add_tensor(name, tensor)
    elif name in _EIGHT_BITS and tensor.shape[1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, quantize(tensor, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, tensor.astype(np.float16))
