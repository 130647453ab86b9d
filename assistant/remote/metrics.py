"""What servers measured, under our names (see engine.stats). What a server does not say stays 0.

llama-server tells of each request in `timings`; vLLM does so when it is started with
`--per-request-spec-decode-metrics`, and counts over all requests for Prometheus; SGLang gives Prometheus
averages over its last steps.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.engine.stats import Stats
from assistant.remote.chunk import Acceptance, Timings, Usage

DRAFTER = "server"
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{[^\n]*\})?[ \t]+(\S+)", re.MULTILINE)
_VLLM = "vllm:spec_decode_num_"
_SGLANG = "sglang:spec_accept_"


@dataclass(frozen=True, slots=True)
class Counters:
    """Of all requests since the server began, from vLLM's `/metrics`: verify passes, tokens drafted, and
    tokens accepted."""

    passes: float
    drafted: float
    accepted: float


def read_samples(text: str) -> dict[str, list[float]]:
    """Prometheus text: the values of each metric, one for each set of labels."""
    samples: dict[str, list[float]] = {}
    for match in _SAMPLE.finditer(text):
        try:
            value = float(match[2])
        except ValueError:
            continue
        if math.isfinite(value):
            samples.setdefault(match[1], []).append(value)
    return samples


def vllm_counters(samples: Mapping[str, list[float]]) -> Counters | None:
    """None where it does not draft."""
    names = ("drafts_total", "draft_tokens_total", "accepted_tokens_total")
    values = [samples.get(_VLLM + name) for name in names]
    return Counters(*(sum(value) for value in values if value)) if all(values) else None


def sglang_averages(samples: Mapping[str, list[float]]) -> tuple[float, float] | None:
    """Tokens a verify pass, bonus token included, and the acceptance rate; None where it does not draft."""
    length, rate = samples.get(f"{_SGLANG}length"), samples.get(f"{_SGLANG}rate")
    if not length or not rate or max(length) < 1 or max(rate) <= 0:
        return None
    return max(length), max(rate)


def take_usage(stats: Stats, usage: Usage) -> None:
    stats.prompt_tokens = usage.prompt_tokens or stats.prompt_tokens
    stats.emitted = usage.completion_tokens or stats.emitted
    if usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens:
        stats.reused_tokens = usage.prompt_tokens_details.cached_tokens


def take_timings(stats: Stats, timings: Timings) -> None:
    """Each pass of the target emits one token of its own besides those accepted."""
    stats.prompt_tokens = timings.cache_n + timings.prompt_n
    stats.reused_tokens = timings.cache_n
    stats.prefill_s = timings.prompt_ms / 1000
    stats.emitted = timings.predicted_n
    # The first token comes of the prompt's pass, at next to no time of its own.
    stats.decode_s = timings.predicted_ms / 1000 if timings.predicted_n > 1 else 0.0
    stats.forward_passes = max(timings.predicted_n - timings.draft_n_accepted, 0)
    _take_drafts(stats, timings.draft_n, timings.draft_n_accepted)


def take_acceptance(stats: Stats, acceptance: Acceptance) -> None:
    """vLLM's counts of one request. A pass without a draft emits one token."""
    stats.forward_passes = max(stats.emitted - acceptance.num_accepted_draft_tokens, 0)
    _take_drafts(stats, acceptance.num_draft_tokens, acceptance.num_accepted_draft_tokens)


def take_difference(stats: Stats, before: Counters, after: Counters) -> None:
    """vLLM's counts of all requests: this one's where no other ran meanwhile, which shows in that more was
    drafted for than this one can have been; then they are left out."""
    drafted, accepted = after.drafted - before.drafted, after.accepted - before.accepted
    if 0 <= accepted <= drafted and accepted + (after.passes - before.passes) <= stats.emitted + 1:
        stats.forward_passes = max(stats.emitted - round(accepted), 0)
        _take_drafts(stats, round(drafted), round(accepted))


def take_averages(stats: Stats, length: float, rate: float) -> None:
    """SGLang's averages, applied to the tokens of this request."""
    stats.forward_passes = max(round(stats.emitted / length), 1)
    accepted = stats.emitted - stats.forward_passes
    _take_drafts(stats, round(accepted / rate), accepted)


def _take_drafts(stats: Stats, drafted: int, accepted: int) -> None:
    stats.by_drafter.clear()
    if drafted:
        stats.count(DRAFTER, drafted, accepted)
