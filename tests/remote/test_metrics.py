"""What servers measured arrives under our names, and what they do not say is left out."""

from typing import Any

import pytest

from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.engine.stats import Stats
from tests.remote.conftest import Generate, Serve
from tests.remote.loopback import Loopback, completion

USAGE = {"prompt_tokens": 50, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}}


def vllm(drafts: int, drafted: int, accepted: int) -> str:
    """As two engines of one server count."""
    return "# HELP vllm:spec_decode_num_drafts_total x\n" + "".join(
        f'vllm:spec_decode_num_{name}_total{{engine="{engine}",model="a b"}} {value if engine else 0}.0\n'
        for engine in (0, 1)
        for name, value in (("drafts", drafts), ("draft_tokens", drafted), ("accepted_tokens", accepted))
    )


def measured(server: Loopback, generate: Generate, **said: Any) -> Stats:
    server.answers = [completion("One ", "two.", usage=USAGE, **said)]
    generator = generate(server)
    *_, reply = generator.reply([Message("user", "Count.")], ReplyOptions())
    assert isinstance(reply, Reply)
    return reply.stats


def speculation(stats: Stats) -> tuple[int, int, int]:
    return stats.forward_passes, stats.drafted, stats.accepted


def test_usage_and_the_clock_serve_where_nothing_else_is_said(serve: Serve, generate: Generate) -> None:
    stats = measured(serve("unknown"), generate)
    assert (stats.prompt_tokens, stats.reused_tokens, stats.emitted) == (50, 40, 20)
    assert 0 < stats.ttft_s < 5
    assert not {"drafted", "acceptance_rate", "mean_accepted_length"} & stats.as_dict().keys()


def test_llama_server_times_each_request(serve: Serve, generate: Generate) -> None:
    timings = {
        "cache_n": 24, "prompt_n": 478, "prompt_ms": 500.0, "predicted_n": 300, "predicted_ms": 2000.0,
        "draft_n": 290, "draft_n_accepted": 272,
    }  # fmt: skip
    stats = measured(serve("llama.cpp"), generate, timings=timings)
    assert (stats.prompt_tokens, stats.reused_tokens, stats.emitted) == (502, 24, 300)
    assert (stats.prefill_tps, stats.decode_tps) == (956, 150)
    assert speculation(stats) == (28, 290, 272)
    assert stats.by_drafter["server"].accepted == 272


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (vllm(8, 40, 13), (7, 40, 13)),
        (vllm(0, 0, 0), (20, 0, 0)),
        (vllm(100, 900, 700), (0, 0, 0)),  # somebody else's tokens are among them
    ],
)
def test_vllm_counts_over_all_requests(
    after: str, expected: tuple[int, int, int], serve: Serve, generate: Generate
) -> None:
    server = serve("vLLM")
    server.metrics = [vllm(0, 0, 0), vllm(0, 0, 0), after]  # to find out, before, behind
    assert speculation(measured(server, generate)) == expected


def test_vllm_tells_of_each_request_where_it_is_told_to(serve: Serve, generate: Generate) -> None:
    server = serve("vLLM")
    server.metrics = [vllm(5, 5, 5)]
    acceptance = {"num_spec_steps": 7, "num_draft_tokens": 35, "num_accepted_draft_tokens": 12}
    stats = measured(server, generate, metrics={"speculative_decoding": acceptance})
    assert speculation(stats) == (8, 35, 12)
    assert [path for path, _, _ in server.asked].count("/metrics") == 2


def test_sglang_gives_averages(serve: Serve, generate: Generate) -> None:
    server = serve("SGLang")
    labels = '{engine_type="unified",model_name="m",tp_rank="0"}'
    server.metrics = [f"sglang:spec_accept_length{labels} 2.5\nsglang:spec_accept_rate{labels} 0.4\n"]
    stats = measured(server, generate)
    assert (stats.mean_accepted_length, stats.acceptance_rate) == (2.5, 0.4)


def test_figures_of_a_shape_that_nobody_knows_cost_no_answer(serve: Serve, generate: Generate) -> None:
    odd = {"timings": "soon", "metrics": [1], "prompt_progress": {"total": None}}
    stats = measured(serve("unknown"), generate, **odd)
    assert (stats.emitted, speculation(stats)) == (20, (0, 0, 0))


def test_a_first_token_has_no_speed(serve: Serve, generate: Generate) -> None:
    timings = {"prompt_n": 5, "prompt_ms": 9.0, "predicted_n": 1, "predicted_ms": 0.001}
    assert measured(serve("llama.cpp"), generate, timings=timings).decode_tps == 0


@pytest.mark.parametrize("text", ["", "nonsense\n", "sglang:spec_accept_length NaN\n", "# sglang:x 1\n"])
def test_metrics_that_say_nothing(text: str, serve: Serve, generate: Generate) -> None:
    server = serve("SGLang")
    server.metrics = [text]
    assert speculation(measured(server, generate)) == (0, 0, 0)
