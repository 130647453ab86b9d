"""What llama.cpp gives of a target's inside, by architecture.

It aborts the process when a graph lacks what it is asked for, so that only these are asked: read from
the graphs of the version that llama-cpp-python 0.3.36 carries (`t_layer_inp`, `t_h_nextn` and
`LLM_GRAPH_TYPE_DECODER_MTP` in llama.cpp's src/models)."""

from enum import Flag, auto


class Gives(Flag):
    """`HEAD_STATE` is the state that the head reads, `MTP` a graph of one next-token layer alone, and
    `MTP_OF_MANY` one of the first of several."""

    NOTHING = 0
    LAYER_INPUTS = auto()
    LAST_LAYER_OUTPUT = auto()
    HEAD_STATE = auto()
    MTP = auto()
    MTP_OF_MANY = auto()


def given_by(architecture: str) -> Gives:
    return _TABLE.get(architecture, Gives.NOTHING)


def architectures_giving(what: Gives) -> list[str]:
    """Those that give all of `what`, by name."""
    return [name for name, gives in _TABLE.items() if what in gives]


_INPUTS, _OUTPUT, _HEAD, _MTP = Gives.LAYER_INPUTS, Gives.LAST_LAYER_OUTPUT, Gives.HEAD_STATE, Gives.MTP
_MANY = Gives.MTP | Gives.MTP_OF_MANY
_TABLE = {
    "bailingmoe3": _INPUTS | _HEAD | _MTP,
    "cohere2moe": _HEAD | _MTP,
    "deepseek2": _HEAD | _MTP,
    "deepseek32": _HEAD | _MTP,
    "deepseek4": _INPUTS | _OUTPUT | _HEAD | _MTP,
    "gemma4": _INPUTS | _HEAD,
    "glm-dsa": _HEAD | _MTP,
    "glm4moe": _HEAD | _MTP,
    "glm5-next": _HEAD | _MTP,
    "gpt-oss": _INPUTS | _HEAD,
    "hunyuan-dense": _INPUTS,
    "hunyuan_vl": _INPUTS,
    "hy_v3": _HEAD | _MANY,
    "lfm2": _INPUTS,
    "lfm2moe": _INPUTS,
    "llama": _INPUTS,
    "mimo2": _INPUTS | _OUTPUT | _HEAD | _MANY,
    "minimax-01": _INPUTS,
    "minimax-m2": _INPUTS,
    "muse-glimmer": _INPUTS,
    "nanbeige": _INPUTS,
    "nemotron_h": _INPUTS | _OUTPUT | _HEAD,
    "nemotron_h_moe": _INPUTS | _OUTPUT | _HEAD | _MTP,
    "qwen3": _INPUTS,
    "qwen35": _INPUTS | _HEAD | _MTP,
    "qwen35moe": _INPUTS | _HEAD | _MTP,
    "qwen3moe": _INPUTS,
    "qwen3next": _INPUTS | _HEAD | _MTP,
    "qwen4exp": _INPUTS,
    "step35": _HEAD | _MANY,
}
