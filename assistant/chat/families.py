"""Chat formats by model family: what ends a turn, how reasoning is marked, and the turns themselves
for files that carry no template.

Formats are those of the models' own chat templates and, for DeepSeek V3.2 and V4, of the encoding
scripts published beside the weights.
"""

from dataclasses import dataclass

_BEGIN, _END = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"


@dataclass(frozen=True, slots=True)
class Turns:
    """How one message of each role is written, `{}` being its content, and what asks for an answer."""

    system: str
    user: str
    assistant: str
    generation: str


@dataclass(frozen=True, slots=True)
class Family:
    """`stop` are texts that end an answer where the model has no token for it. `thinks`: answers may
    begin with reasoning between `think_open` and `think_close`; with `always_thinks` they do. `turns`
    serve where there is no template."""

    name: str
    turns: Turns
    stop: tuple[str, ...] = ()
    thinks: bool = False
    always_thinks: bool = False
    think_open: str = "<think>"
    think_close: str = "</think>"


_CHATML = Turns(
    system="<|im_start|>system\n{}<|im_end|>\n",
    user="<|im_start|>user\n{}<|im_end|>\n",
    assistant="<|im_start|>assistant\n{}<|im_end|>\n",
    generation="<|im_start|>assistant\n",
)


def _deepseek(generation: str, answered: str = "") -> Turns:
    """DeepSeek V3 and after: turns follow each other without line breaks."""
    return Turns(
        system="{}",
        user="<｜User｜>{}",
        assistant="<｜Assistant｜>" + answered + "{}" + _END,
        generation="<｜Assistant｜>" + generation,
    )


_CODER = Turns(
    system="{}",
    user="### Instruction:\n{}\n",
    assistant="### Response:\n{}\n<|EOT|>\n",
    generation="### Response:\n",
)
# From V3.1 on, a closed thinking block says that the answer comes at once.
FAMILIES = {
    family.name: family
    for family in (
        Family("deepseek-coder", _CODER, stop=("<|EOT|>", "### Instruction:")),
        Family(
            "deepseek-r1", _deepseek("<think>\n"), stop=(_END, "<｜User｜>"), thinks=True, always_thinks=True
        ),
        Family("deepseek-v3", _deepseek(""), stop=(_END, "<｜User｜>")),
        Family("deepseek-v3.1", _deepseek("</think>", "</think>"), stop=(_END, "<｜User｜>"), thinks=True),
        Family("deepseek-v3.2", _deepseek("</think>", "</think>"), stop=(_END, "<｜User｜>"), thinks=True),
        Family("deepseek-v4", _deepseek("</think>", "</think>"), stop=(_END, "<｜User｜>"), thinks=True),
        Family("chatml", _CHATML, stop=("<|im_end|>", "<|im_start|>")),
        Family("qwen3", _CHATML, stop=("<|im_end|>", "<|im_start|>"), thinks=True),
        Family("generic", _CHATML, thinks=True),
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
        return _deepseek_version(template, f"{architecture} {name}".lower())
    if "<|im_start|>" in template:
        return "qwen3" if "<think>" in template else "chatml"
    return "generic"


def _deepseek_version(template: str, name: str) -> str:
    if "v4" in name or "deepseek4" in name:
        return "deepseek-v4"
    if "DSML" in template:  # the tool-call markup that V3.2 brought in
        return "deepseek-v3.2"
    if "thinking" in template and "r1" not in name:
        return "deepseek-v3.1"
    if "r1" in name or "<think>" in template:
        return "deepseek-r1"
    return "deepseek-v3"


def _by_name(architecture: str, name: str) -> str:
    name = name.lower().replace("_", "-").replace(" ", "-")
    if "deepseek" in name or architecture.startswith("deepseek"):
        for mark, family in (
            ("r1", "deepseek-r1"),
            ("v4", "deepseek-v4"),
            ("v3.2", "deepseek-v3.2"),
            ("v3.1", "deepseek-v3.1"),
            ("v3", "deepseek-v3"),
            ("coder", "deepseek-coder"),
        ):
            if mark in name:
                return family
        return "deepseek-v4" if architecture == "deepseek4" else "deepseek-v3"
    return "qwen3" if architecture.startswith("qwen3") else "chatml"
