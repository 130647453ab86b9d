"""What a context is made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

KvType = Literal["F32", "F16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"]
# ggml's type numbers.
KV_TYPES: Mapping[KvType, int] = {
    "F32": 0,
    "F16": 1,
    "Q4_0": 2,
    "Q4_1": 3,
    "Q5_0": 6,
    "Q5_1": 7,
    "Q8_0": 8,
}
FlashAttention = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """`n_ctx` tokens in a KV cache of `kv_type` (a quantized one needs flash attention), evaluated at
    most `batch` at once. `threads` 0 chooses.

    `outputs` bounds how many tokens of a batch may give logits (0: all of it); their buffer is often
    the largest one. `exact` is the reference profile: F32 KV cache and no flash attention, so that k
    tokens in one pass give the logits that they give one by one."""

    n_ctx: int = 4096
    threads: int = 0
    batch: int = 512
    outputs: int = 0
    kv_type: KvType = "F16"
    flash_attention: FlashAttention = "auto"
    exact: bool = False

    def __post_init__(self) -> None:
        if self.exact:
            object.__setattr__(self, "kv_type", "F32")
            object.__setattr__(self, "flash_attention", "off")
