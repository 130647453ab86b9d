"""Chat templates of the model families, shortened to plain conversations, and what they must give.

They are written for these tests; the formats are facts, taken from the templates and model cards that
the models are published with and, for V3.2 and V4, from the encoders beside their weights."""

from dataclasses import dataclass

from assistant.chat.messages import Message

BOS = "<｜begin▁of▁sentence｜>"
CONVERSATION = [
    Message("system", "Be brief."),
    Message("user", "Hi {} {{ 1 }}"),
    Message("assistant", "Hello."),
    Message("user", "Why?"),
]


@dataclass(frozen=True)
class Format:
    """`prompt` is CONVERSATION up to where the answer begins, `reasoning` the same where the model is to
    think first (None: it has no say in it). `name` is what the file calls itself."""

    family: str
    name: str
    architecture: str
    template: str
    prompt: str
    reasoning: str | None = None


_CODER = Format(
    "deepseek-coder",
    "deepseek-ai_deepseek-coder-6.7b-instruct",
    "llama",
    template="""\
{{ bos_token }}
{%- for m in messages %}
    {%- if m.role == 'system' %}
{{ m.content + '\n' }}
    {%- elif m.role == 'user' %}
{{ '### Instruction:\n' + m.content + '\n' }}
    {%- else %}
{{ '### Response:\n' + m.content + '\n<|EOT|>\n' }}
    {%- endif %}
{%- endfor %}
{% if add_generation_prompt %}
{{ '### Response:\n' }}
{%- endif %}""",
    prompt=BOS + "Be brief.\n### Instruction:\nHi {} {{ 1 }}\n### Response:\nHello.\n<|EOT|>\n"
    "### Instruction:\nWhy?\n### Response:\n",
)
_V2 = Format(
    "deepseek-v2",
    "DeepSeek-Coder-V2-Lite-Instruct",
    "deepseek2",
    template="""\
{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ 'User: ' + m['content'] + '\n\n' }}\
{% elif m['role'] == 'assistant' %}{{ 'Assistant: ' + m['content'] + '<｜end▁of▁sentence｜>' }}\
{% else %}{{ m['content'] + '\n\n' }}{% endif %}{% endfor %}\
{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}""",
    prompt=BOS + "Be brief.\n\nUser: Hi {} {{ 1 }}\n\nAssistant: Hello.<｜end▁of▁sentence｜>"
    "User: Why?\n\nAssistant:",
)
_TURNS = """\
{%- set ns = namespace(system='') -%}
{%- for m in messages if m['role'] == 'system' -%}
    {%- set ns.system = ns.system + m['content'] -%}
{%- endfor -%}
{{ bos_token }}{{ ns.system }}
{%- for m in messages -%}
    {%- if m['role'] == 'user' -%}{{ '<｜User｜>' + m['content'] }}{%- endif -%}
    {%- if m['role'] == 'assistant' -%}
        {%- set content = m['content'].split('</think>')[-1] -%}
        {{ '<｜Assistant｜>ANSWERED' + content + '<｜end▁of▁sentence｜>' }}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<｜Assistant｜>' }}GENERATION{%- endif -%}"""
_TURNS_PROMPT = (
    BOS
    + "Be brief.<｜User｜>Hi {} {{ 1 }}"
    + "<｜Assistant｜>ANSWEREDHello.<｜end▁of▁sentence｜><｜User｜>Why?<｜Assistant｜>"
)
_SWITCH = """\
{%- if not thinking is defined -%}{%- set thinking = false -%}{%- endif -%}"""
_CHOICE = "{%- if not thinking -%}{{ '</think>' }}{%- else -%}{{ '<think>' }}{%- endif -%}"


def _turns(answered: str, generation: str, before: str = "") -> str:
    return before + _TURNS.replace("ANSWERED", answered).replace("GENERATION", generation)


def _turns_prompt(answered: str, generation: str) -> str:
    return _TURNS_PROMPT.replace("ANSWERED", answered) + generation


_V3 = Format(
    "deepseek-v3", "DeepSeek V3 0324", "deepseek2", template=_turns("", ""), prompt=_turns_prompt("", "")
)
_R1 = Format(
    "deepseek-r1",
    "DeepSeek R1 Distill Qwen 7B",
    "qwen2",
    template=_turns("", "{{ '<think>\\n' }}"),
    prompt=_turns_prompt("", "<think>\n"),
)
_HYBRID = {
    "prompt": _turns_prompt("</think>", "</think>"),
    "reasoning": _turns_prompt("</think>", "<think>"),
}
_V31 = Format(
    "deepseek-v3.1",
    "DeepSeek V3.1",
    "deepseek2",
    template=_turns("</think>", _CHOICE, before=_SWITCH),
    **_HYBRID,
)
_V32 = Format(
    "deepseek-v3.2",
    "DeepSeek V3.2",
    "deepseek32",
    template=_turns("</think>", _CHOICE, before=_SWITCH + "{%- set dsml_token = '｜DSML｜' -%}"),
    **_HYBRID,
)
_V4 = Format(
    "deepseek-v4",
    "DeepSeek V4 Flash",
    "deepseek4",
    template=_turns("</think>", _CHOICE, before=_SWITCH + "{%- set dsml_token = '｜DSML｜' -%}"),
    **_HYBRID,
)
_CHATML_TURNS = """\
{%- for m in messages %}
    {{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}"""
_CHATML_PROMPT = """\
<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Hi {} {{ 1 }}<|im_end|>
<|im_start|>assistant
Hello.<|im_end|>
<|im_start|>user
Why?<|im_end|>
<|im_start|>assistant
"""
_CHATML = Format("chatml", "Qwen2.5 Coder 7B Instruct", "qwen2", _CHATML_TURNS, _CHATML_PROMPT)
_QWEN3 = Format(
    "qwen3",
    "Qwen3 8B",
    "qwen3",
    template=_CHATML_TURNS.removesuffix("{%- endif %}")
    + """\
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}""",
    prompt=_CHATML_PROMPT + "<think>\n\n</think>\n\n",
    reasoning=_CHATML_PROMPT,
)
FORMATS = [_CODER, _V2, _V3, _R1, _V31, _V32, _V4, _CHATML, _QWEN3]
