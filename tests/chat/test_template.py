"""Prompts are those that the models were made for, with their template and without one."""

import pytest

from assistant.chat.families import FAMILIES, detect_family
from assistant.chat.messages import Message
from assistant.chat.template import render
from assistant.errors import ModelError
from tests.chat.formats import BOS, CONVERSATION, FORMATS, Format

BY_FAMILY = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.family)


def written(form: Format, template: str | None, *, thinking: bool) -> str:
    return render(
        CONVERSATION,
        template=template,
        family=FAMILIES[form.family],
        bos=BOS if not form.prompt.startswith("<|im") else "<|im_start|>",
        eos="<eos>",
        thinking=thinking,
    )


@BY_FAMILY
def test_the_template_of_the_file_is_followed(form: Format) -> None:
    assert written(form, form.template, thinking=False) == form.prompt
    assert written(form, form.template, thinking=True) == (form.reasoning or form.prompt)


@BY_FAMILY
def test_a_file_without_a_template_gives_the_same_prompt(form: Format) -> None:
    assert written(form, None, thinking=False) == form.prompt
    assert written(form, None, thinking=True) == (form.reasoning or form.prompt)


@BY_FAMILY
def test_the_family_is_seen_in_the_template_or_else_in_the_file_s_own_words(form: Format) -> None:
    assert detect_family(form.template, form.architecture, form.name).name == form.family
    assert detect_family(None, form.architecture, form.name).name == form.family
    assert detect_family(None, form.architecture, form.family).name == form.family


@pytest.mark.parametrize("form", [form for form in FORMATS if form.family != "deepseek-v4"], ids=str)
def test_a_template_alone_says_enough(form: Format) -> None:
    assert detect_family(form.template, "llama", "ggml-model").name == form.family


@pytest.mark.parametrize(
    ("architecture", "name", "family"),
    [
        ("llama", "deepseek-coder-1.3b-instruct", "deepseek-coder"),
        ("llama", "DeepSeek-R1-Distill-Llama-8B", "deepseek-r1"),
        ("deepseek2", "DeepSeek-V2.5-1210", "deepseek-v3"),
        ("deepseek2", "DeepSeekV3", "deepseek-v3"),
        ("deepseek4", "model", "deepseek-v4"),
        ("deepseek32", "model", "deepseek-v3.2"),
        ("qwen3moe", "model", "qwen3"),
        ("llama", "SmolLM2 135M Instruct", "chatml"),
    ],
)
def test_names_of_files_without_a_template(architecture: str, name: str, family: str) -> None:
    assert detect_family(None, architecture, name).name == family


def test_a_template_of_no_known_family_is_followed_all_the_same() -> None:
    template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
    family = detect_family(template, "llama", "some model")
    assert family.name == "generic"
    prompt = render([Message("user", "Hi")], template=template, family=family, bos="", eos="")
    assert prompt == "[user] Hi\n"


def test_a_template_that_refuses_a_system_role_gets_its_text_with_the_question() -> None:
    template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "<{{ m.role }}>{{ m.content }}{% endfor %}"
    )
    prompt = render(CONVERSATION, template=template, family=FAMILIES["generic"], bos="", eos="")
    assert prompt == "<user>Be brief.\n\nHi {} {{ 1 }}<assistant>Hello.<user>Why?"


def test_what_templates_of_today_use_is_there() -> None:
    template = (
        "{% generation %}{% for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}"
        "{{ m | tojson }}{% endfor %}{% endgeneration %}{{ strftime_now('%Y') | length }}"
    )
    prompt = render(
        [Message("user", "<é>")] * 2, template=template, family=FAMILIES["generic"], bos="", eos=""
    )
    assert prompt == '{"role": "user", "content": "<é>"}4'


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ messages.append(1) }}",
        "{% for i in range(10 ** 9) %}{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{{ unfinished",
        "{{ 1 / 0 }}",
        "{{ raise_exception('not for chat') }}",
    ],
)
def test_a_hostile_or_broken_template_is_refused_with_a_message(hostile: str) -> None:
    with pytest.raises(ModelError, match="chat template of the model fails") as raised:
        render(CONVERSATION, template=hostile, family=FAMILIES["generic"], bos="", eos="")
    assert raised.value.hint


@pytest.mark.parametrize(
    "curious",
    [
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__code__ }}",
        "{{ messages.__class__ }}",
        "{{ '{0.__class__}'.format(messages) }}",
        "{{ messages | map(attribute='__class__') | join }}",
    ],
)
def test_a_curious_template_sees_nothing_of_the_program(curious: str) -> None:
    assert render(CONVERSATION, template=curious, family=FAMILIES["generic"], bos="", eos="") == ""


def test_contents_are_no_templates() -> None:
    for form in FORMATS:
        assert "Hi {} {{ 1 }}" in written(form, form.template, thinking=False)
