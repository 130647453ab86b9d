"""Whether token ids mean the same to a draft and its target."""

from assistant.engine.llama import Model
from assistant.errors import ModelError

_PADDING_ROWS = 128


def check_vocabulary(draft: Model, target: Model) -> None:
    """Raise ModelError unless token ids mean the same in both. Rows that pad a vocabulary may differ:
    files of one family are padded to other lengths."""
    reason = ""
    if abs(draft.n_vocab - target.n_vocab) > _PADDING_ROWS:
        reason = f"{draft.n_vocab} tokens against {target.n_vocab}"
    elif draft.adds_bos != target.adds_bos or (draft.adds_bos and draft.bos != target.bos):
        reason = "another beginning-of-sequence token"
    else:
        token = _first_difference(draft, target)
        if token is not None:
            reason = f"token {token} is {draft.token_text(token)!r} against {target.token_text(token)!r}"
    if reason:
        raise ModelError(
            f"{draft.path.name} cannot draft for {target.path.name}: their vocabularies differ ({reason}).",
            hint="Use a draft model of the same family, or none.",
        )


def _first_difference(draft: Model, target: Model) -> int | None:
    for token in range(min(draft.n_vocab, target.n_vocab)):
        if draft.vocabulary_entry(token) != target.vocabulary_entry(token) and not (
            draft.is_unused(token) or target.is_unused(token)
        ):
            return token
    return None
