"""Counters of one generation, and the definitions of what is shown of them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class DraftCount:
    """Tokens proposed to verify passes, and those of them that were kept. `drafted_at[i]` and
    `accepted_at[i]` count those that were token i of their proposal."""

    drafted: int = 0
    accepted: int = 0
    drafted_at: Counter[int] = field(default_factory=Counter, compare=False)
    accepted_at: Counter[int] = field(default_factory=Counter, compare=False)

    @property
    def acceptance_rate(self) -> float:
        return self.accepted / self.drafted if self.drafted else 0.0

    def add(self, other: "DraftCount") -> None:
        self.drafted += other.drafted
        self.accepted += other.accepted
        self.drafted_at.update(other.drafted_at)
        self.accepted_at.update(other.accepted_at)


@dataclass(slots=True)
class Stats:
    """What one generation did. Durations are seconds, counts are tokens.

    `decode_s` is wall time with drafting and scheduling included and prefill excluded;
    `forward_s` is the part of it that was spent inside the target's forward passes.
    `emitted` are the tokens that came of these passes, the end token among them and the first of the
    answer, which prefill gives, not.
    `passes[drafted, emitted]` counts the verify passes by their tokens.
    """

    prompt_tokens: int = 0
    reused_tokens: int = 0
    prefill_s: float = 0.0
    ttft_s: float = 0.0
    emitted: int = 0
    forward_passes: int = 0
    decode_s: float = 0.0
    forward_s: float = 0.0
    draft_s: float = 0.0
    by_drafter: dict[str, DraftCount] = field(default_factory=dict)
    passes: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def drafted(self) -> int:
        return sum(count.drafted for count in self.by_drafter.values())

    @property
    def accepted(self) -> int:
        return sum(count.accepted for count in self.by_drafter.values())

    @property
    def acceptance_rate(self) -> float:
        """accepted / drafted, 0 where nothing was drafted."""
        return self.accepted / self.drafted if self.drafted else 0.0

    @property
    def mean_accepted_length(self) -> float:
        """Tau: tokens emitted per target forward pass in decode, bonus token included. Never below 1, and 0
        before the first pass."""
        return self.emitted / self.forward_passes if self.forward_passes else 0.0

    @property
    def decode_tps(self) -> float:
        return self.emitted / self.decode_s if self.decode_s else 0.0

    @property
    def prefill_tps(self) -> float:
        evaluated = self.prompt_tokens - self.reused_tokens
        return evaluated / self.prefill_s if self.prefill_s else 0.0

    def count(self, drafter: str, drafted: int, accepted: int) -> None:
        """Add one verify pass of `drafter`."""
        total = self.by_drafter.setdefault(drafter, DraftCount())
        total.drafted += drafted
        total.accepted += accepted
        total.drafted_at.update(range(drafted))
        total.accepted_at.update(range(accepted))

    def add(self, other: "Stats") -> None:
        """Add the counters of another generation; `ttft_s` stays that of the first."""
        self.ttft_s = self.ttft_s or other.ttft_s
        for name in ("prompt_tokens", "reused_tokens", "emitted", "forward_passes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("prefill_s", "decode_s", "forward_s", "draft_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for drafter, total in other.by_drafter.items():
            self.by_drafter.setdefault(drafter, DraftCount()).add(total)
        self.passes.update(other.passes)

    def as_dict(self) -> dict[str, object]:
        """The metrics under their contract names, plain numbers, ready for JSON. Without those of
        speculation where tokens came of no known pass: a server that does not say."""
        known: dict[str, object] = {
            "prompt_tokens": self.prompt_tokens,
            "reused_tokens": self.reused_tokens,
            "prefill_tps": round(self.prefill_tps, 2),
            "ttft_s": round(self.ttft_s, 4),
            "emitted": self.emitted,
            "decode_s": round(self.decode_s, 4),
            "decode_tps": round(self.decode_tps, 2),
        }
        if self.emitted and not self.forward_passes:
            return known
        return known | {
            "forward_passes": self.forward_passes,
            "drafted": self.drafted,
            "accepted": self.accepted,
            "acceptance_rate": round(self.acceptance_rate, 4),
            "mean_accepted_length": round(self.mean_accepted_length, 3),
            "by_drafter": {
                name: {
                    "drafted": total.drafted,
                    "accepted": total.accepted,
                    "acceptance_rate": round(total.acceptance_rate, 4),
                }
                for name, total in self.by_drafter.items()
            },
        }
