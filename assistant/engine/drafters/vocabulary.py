"""Whether token ids mean the same to a draft and its target."""

from dataclasses import dataclass

from assistant.engine.llama import Model
from assistant.errors import ModelError

_PADDING_ROWS = 128


@dataclass(frozen=True, slots=True)
class VocabularyMatch:
    """`difference` says why token ids do not mean the same, and is empty where they do; `tolerated` are
    differences that do no harm."""

    difference: str = ""
    tolerated: tuple[str, ...] = ()


def compare_vocabularies(draft: Model, target: Model) -> VocabularyMatch:
    """Rows that pad a vocabulary may differ: files of one family are padded to other lengths. So may the
    end of a sequence and what counts as control: the target alone decides on these."""
    if abs(draft.n_vocab - target.n_vocab) > _PADDING_ROWS:
        return VocabularyMatch(f"{draft.n_vocab} tokens against {target.n_vocab}")
    if draft.adds_bos != target.adds_bos or (draft.adds_bos and draft.bos != target.bos):
        return VocabularyMatch("another beginning-of-sequence token")
    unused = control = 0
    for token in range(min(draft.n_vocab, target.n_vocab)):
        if draft.vocabulary_entry(token) != target.vocabulary_entry(token):
            if not (draft.is_unused(token) or target.is_unused(token)):
                mine, theirs = draft.token_text(token), target.token_text(token)
                return VocabularyMatch(f"token {token} is {mine!r} against {theirs!r}")
            unused += 1
        elif draft.is_control(token) != target.is_control(token):
            control += 1
    tolerated = []
    if draft.n_vocab != target.n_vocab:
        tolerated.append(f"{draft.n_vocab} rows against {target.n_vocab}: the rest is padding")
    if unused:
        tolerated.append(f"{unused} tokens are spelled otherwise, and unused in one of the two")
    if control:
        tolerated.append(f"{control} tokens are control tokens in one of the two only")
    if draft.eos != target.eos:
        tolerated.append(f"a sequence ends with token {draft.eos} against {target.eos}: the target's counts")
    return VocabularyMatch(tolerated=tuple(tolerated))


def check_vocabulary(draft: Model, target: Model) -> None:
    """Raise ModelError unless token ids mean the same in both."""
    if reason := compare_vocabularies(draft, target).difference:
        raise ModelError(
            f"{draft.path.name} cannot draft for {target.path.name}: their vocabularies differ ({reason}).",
            hint="Use a draft model of the same family, or none.",
        )
