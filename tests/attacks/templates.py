"""Chat templates, which are code from a downloaded file, and which nobody has looked at."""

import pytest

from assistant.chat import bounded
from assistant.chat.families import FAMILIES
from assistant.chat.messages import Message
from assistant.chat.template import render
from assistant.errors import CoderError
from tests.attacks.attack import Attack, Kind, Scene


def rendered(scene: Scene, template: str) -> str:
    """MARK stands for where a program of the attacker would leave its mark."""
    messages = [Message("user", "hello")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounded, "_MOST_STEPS", 20_000)
        try:
            text = render(
                messages,
                template=template.replace("MARK", str(scene.mark)),
                family=FAMILIES["chatml"],
                bos="<s>",
                eos="</s>",
            )
        except CoderError as error:
            return f"refused: {error.message}"
    assert len(text) < 10_000_000
    return f"rendered: {text[:200]}."


CLASSES = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
TEMPLATES = Kind(
    "chat templates",
    rendered,
    (
        Attack("classes of a text", CLASSES, "refused"),
        Attack("classes by a filter", "{{ ''|attr('__class__')|attr('__mro__') }}", "rendered: ."),
        Attack("classes by a key", "{{ messages['__class__'].__init__ }}", "rendered: ."),
        Attack("classes by a name in parts", "{{ ''['__cl' ~ 'ass__']['__mro__'] }}", "refused"),
        Attack("globals of our own function", "{{ raise_exception.__globals__['os'] }}", "refused"),
        Attack("globals of a lambda", "{{ strftime_now.__globals__.sys.modules.os }}", "refused"),
        Attack("code of a macro", "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}", "refused"),
        Attack(
            "the environment by a cycler",
            "{{ cycler.__init__.__globals__.os.system('touch MARK') }}",
            "refused",
        ),
        Attack(
            "the environment by a joiner",
            "{{ joiner.__init__.__globals__.os.popen('touch MARK') }}",
            "refused",
        ),
        Attack("the environment by a namespace", "{{ namespace.__init__.__globals__ }}", "refused"),
        Attack("itself", "{{ self.__init__.__globals__.__builtins__.open('MARK', 'w') }}", "refused"),
        Attack("its context", "{{ self._TemplateReference__context.environment }}", "refused"),
        Attack("formatting that looks up", "{{ '{0.__class__}'.format(messages) }}", "rendered: ."),
        Attack("formatting by a map", "{{ '{x.__class__.__mro__}'.format_map({'x': 1}) }}", "refused"),
        Attack("formatting in disguise", "{{ ('{0.__cl' ~ 'ass__}').format(messages) }}", "rendered: ."),
        Attack("a frame of a generator", "{{ (messages|map('upper')).gi_frame.f_globals }}", "refused"),
        Attack("what an import gives", "{% import 'os' as os %}{{ os.system('touch MARK') }}", "refused"),
        Attack("a file to include", "{% include '/etc/passwd' %}", "refused"),
        Attack("a template to extend", "{% extends '/etc/passwd' %}", "refused"),
        Attack("a change of the conversation", "{{ messages.append(1) }}", "refused"),
        Attack("a change of a message", "{{ messages[0].update({'content': 'evil'}) }}", "refused"),
        Attack("Python's eval", "{{ eval('1') }}", "refused"),
        Attack("Python's import", "{{ __import__('os') }}", "refused"),
        Attack(
            "a loop without end",
            "{% for a in range(90000) %}{% for b in range(90000) %}{% set c = b %}{% endfor %}{% endfor %}",
            "refused",
        ),
        Attack(
            "loops over a text",
            "{% set s = 'a' * 999 %}" + "{% for a in s %}" * 5 + "{% endfor %}" * 5,
            "refused",
        ),
        Attack(
            "a macro that calls itself twice",
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
            "refused",
        ),
        Attack(
            "a macro that calls itself for ever", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "refused"
        ),
        Attack("a text times a billion", "{{ ('a' * 1000000000)|length }}", "refused"),
        Attack("a list times a billion", "{{ ([1] * 1000000000)|length }}", "refused"),
        Attack("a power without end", "{{ 9 ** 9 ** 9 }}", "refused"),
        Attack(
            "a text that doubles",
            "{% set n = namespace(s='a') %}{% for i in range(40) %}"
            "{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s|length }}",
            "refused",
        ),
        Attack(
            "a text that is added to itself",
            "{% set n = namespace(s='a') %}{% for i in range(40) %}"
            "{% set n.s = n.s + n.s %}{% endfor %}{{ n.s|length }}",
            "refused",
        ),
        Attack("a width without end", "{{ '%999999999d' % 1 }}", "refused"),
        Attack("a range without end", "{{ range(999999999)|list|length }}", "refused"),
        Attack("a padding filter", "{{ 'a'|center(999999999) }}", "refused"),
        Attack("a padding filter by its name", "{{ ['a']|map('center', 999999999)|list }}", "refused"),
        Attack("a padding method", "{{ 'a'.ljust(999999999) }}", "refused"),
        Attack("padding with zeros", "{{ '1'.zfill(999999999) }}", "refused"),
        Attack("padding with tabs", "{{ '\t'.expandtabs(999999999) }}", "refused"),
        Attack("padding by a format", "{{ '{:>999999999}'.format(1) }}", "refused"),
        Attack("padding by a format's argument", "{{ '{:>{}}'.format(1, 999999999) }}", "refused"),
        Attack("padding by a filter's format", "{{ '%999999999d'|format(1) }}", "refused"),
        Attack("an indent without end", "{{ 'a\nb'|indent(999999999, true) }}", "refused"),
        Attack("an indent of JSON", "{{ [[1]]|tojson(indent=999999999) }}", "rendered: [\n"),
        Attack("letters replaced by texts", "{% set s = 'a' * 9999 %}{{ s.replace('a', s) }}", "refused"),
        Attack("letters filtered to texts", "{% set s = 'a' * 9999 %}{{ s|replace('a', s) }}", "refused"),
        Attack("a long separator", "{{ ('a' * 99999).join(range(9999)|map('string')) }}", "refused"),
        Attack("a long separator by a filter", "{{ range(9999)|join('a' * 99999) }}", "refused"),
        Attack(
            "a list in itself, many times",
            "{% set n = namespace(a=[1]) %}{% for i in range(40) %}"
            "{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a|tojson }}",
            "refused",
        ),
        Attack(
            "a list in itself, shown",
            "{% set n = namespace(a=[1]) %}{% for i in range(40) %}"
            "{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a }}",
            "refused",
        ),
        Attack(
            "a text written often",
            "{% set s = 'a' * 9999999 %}{% for i in range(9999) %}{{ s }}{% endfor %}",
            "refused",
        ),
        Attack(
            "words written often",
            "{% for i in range(19999) %}" + "words " * 99999 + "{% endfor %}",
            "refused",
        ),
        Attack(
            "texts that are kept",
            "{% set n = namespace(a=[]) %}{% for i in range(9999) %}"
            "{% set n.a = n.a + ['a' * 9999999] %}{% endfor %}",
            "refused",
        ),
        Attack(
            "a block that writes itself twice",
            "{% block a %}{{ self.b() }}{{ self.b() }}{% endblock %}"
            "{% block b %}{{ self.a() }}{{ self.a() }}{% endblock %}",
            "refused",
        ),
        Attack("a filler", "{{ lipsum(n=9999999) }}", "refused"),
    ),
)
KINDS = (TEMPLATES,)
