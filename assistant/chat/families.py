"""Chat formats by model family: what ends a turn, how reasoning is marked, and the turns themselves
for files that carry no template.

Formats are those of the models' own chat templates and, for DeepSeek V3.2 and V4, of the encoding
scripts published beside the weights.
"""

import re
from dataclasses import dataclass

from assistant.chat.tools.formats import ToolFormatName

_END = "<｜end▁of▁sentence｜>"


@dataclass(frozen=True, slots=True)
class Turns:
    """How one message of each role is written, `{}` being its content, and what asks for an answer:
    `generation` for one at once, `reasoning` for one that is reasoned about first, where the model can
    choose. With `bos` the conversation begins with the token for that."""

    system: str
    user: str
    assistant: str
    generation: str
    reasoning: str = ""
    bos: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """`stop` are texts that end an answer where the model has no token for it. `thinks`: answers may
    begin with reasoning between `think_open` and `think_close`; with `always_thinks` they do. `turns`
    serve where there is no template, `tools` is how a model of the family calls tools."""

    name: str
    turns: Turns
    stop: tuple[str, ...] = ()
    thinks: bool = False
    always_thinks: bool = False
    think_open: str = "<think>"
    think_close: str = "</think>"
    tools: ToolFormatName = "json"


def _chatml(generation: str = "", reasoning: str = "") -> Turns:
    return Turns(
        system="<|im_start|>system\n{}<|im_end|>\n",
        user="<|im_start|>user\n{}<|im_end|>\n",
        assistant="<|im_start|>assistant\n{}<|im_end|>\n",
        generation="<|im_start|>assistant\n" + generation,
        reasoning=reasoning,
        bos=False,
    )


def _deepseek(generation: str = "", reasoning: str = "", answered: str = "") -> Turns:
    """DeepSeek V2.5 and after: turns follow each other without line breaks."""
    return Turns(
        system="{}",
        user="<｜User｜>{}",
        assistant="<｜Assistant｜>" + answered + "{}" + _END,
        generation="<｜Assistant｜>" + generation,
        reasoning="<｜Assistant｜>" + reasoning if reasoning else "",
    )


_CODER = Turns(
    system="{}\n",
    user="### Instruction:\n{}\n",
    assistant="### Response:\n{}\n<|EOT|>\n",
    generation="### Response:\n",
)
_V2 = Turns(
    system="{}\n\n",
    user="User: {}\n\n",
    assistant="Assistant: {}" + _END,
    generation="Assistant:",  # a space here makes the answers worse, says the model card
)
# From V3.1 on, a closed thinking block says that the answer comes at once.
_HYBRID = _deepseek("</think>", reasoning="<think>", answered="</think>")
_QWEN3 = _chatml("<think>\n\n</think>\n\n", reasoning="<|im_start|>assistant\n")
_DEEPSEEK_STOP = (_END, "<｜User｜>")
_CHATML_STOP = ("<|im_end|>", "<|im_start|>")
FAMILIES = {
    family.name: family
    for family in (
        Family("deepseek-coder", _CODER, stop=("<|EOT|>", "\n### Instruction:\n")),
        Family("deepseek-v2", _V2, stop=(_END, "\n\nUser: ")),
        Family(
            "deepseek-r1",
            _deepseek("<think>\n"),
            stop=_DEEPSEEK_STOP,
            thinks=True,
            always_thinks=True,
            tools="deepseek-v3",
        ),
        Family("deepseek-v3", _deepseek(), stop=_DEEPSEEK_STOP, tools="deepseek-v3"),
        Family("deepseek-v3.1", _HYBRID, stop=_DEEPSEEK_STOP, thinks=True, tools="deepseek-v3.1"),
        Family("deepseek-v3.2", _HYBRID, stop=_DEEPSEEK_STOP, thinks=True, tools="deepseek-v3.2"),
        Family("deepseek-v4", _HYBRID, stop=_DEEPSEEK_STOP, thinks=True, tools="deepseek-v4"),
        Family("chatml", _chatml(), stop=_CHATML_STOP, tools="hermes"),
        Family("qwen3", _QWEN3, stop=_CHATML_STOP, thinks=True, tools="hermes"),
        Family("generic", _chatml(), thinks=True),
    )
}


def detect_family(template: str | None, architecture: str, name: str) -> Family:
    """The family of a model, by its name where that is a family's, else by its template, else by what
    its file says of itself. `generic` renders with the template alone."""
    known = FAMILIES.get(name)
    if known:
        return known
    by_template = _by_template(template, architecture, name) if template else None
    return FAMILIES[by_template or _by_name(architecture, name)]


def _by_template(template: str, architecture: str, name: str) -> str:
    if "### Instruction:" in template and "<|EOT|>" in template:
        return "deepseek-coder"
    if "<｜User｜>" in template or "<｜Assistant｜>" in template:
        return _deepseek_version(template, architecture, _words(name))
    if "'User: '" in template and "'Assistant: '" in template:
        return "deepseek-v2"
    if "<|im_start|>" in template:
        return "qwen3" if "<think>" in template else "chatml"
    return "generic"


def _deepseek_version(template: str, architecture: str, words: list[str]) -> str:
    if "v4" in words or architecture == "deepseek4":
        return "deepseek-v4"
    if "DSML" in template:  # the tool-call markup that V3.2 brought in
        return "deepseek-v3.2"
    if "r1" in words:
        return "deepseek-r1"
    if re.search(r"\bnot thinking\b", template):  # the switch that V3.1 brought in
        return "deepseek-v3.1"
    return "deepseek-r1" if "<think>" in template else "deepseek-v3"


def _by_name(architecture: str, name: str) -> str:
    words = _words(name)
    if "deepseek" not in words and not architecture.startswith("deepseek"):
        return "qwen3" if architecture.startswith("qwen3") else "chatml"
    for mark, family in (
        ("r1", "deepseek-r1"),
        ("v4", "deepseek-v4"),
        ("v3.2", "deepseek-v3.2"),
        ("v3.1", "deepseek-v3.1"),
        ("v3", "deepseek-v3"),
        ("v2.5", "deepseek-v3"),
        ("v2", "deepseek-v2"),
        ("coder", "deepseek-coder"),
    ):
        if mark in words:
            return family
    return {"deepseek4": "deepseek-v4", "deepseek32": "deepseek-v3.2"}.get(architecture, "deepseek-v3")


def _words(name: str) -> list[str]:
    """DeepSeek-Coder-V2, deepseek_coder_v2 and DeepSeekV3 as their parts."""
    return re.split(r"[^a-z0-9.]+", name.lower().replace("deepseek", " deepseek "))
