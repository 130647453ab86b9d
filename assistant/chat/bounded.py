"""Jinja's immutable sandbox for templates from strangers, bounded: it cannot run for ever or take all memory.

What a template makes is measured before it is made. Filters and methods that pad a text are left out: no chat
template needs them.
"""

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MOST_STEPS = 1_000_000
_LONGEST = 16 * 2**20
_MOST_MADE = 2**30
_PADDING_FILTERS = ("batch", "center", "slice", "urlize", "wordwrap", "xmlattr")
_PADDING_METHODS = {"center", "expandtabs", "ljust", "rjust", "translate", "zfill"}
# These hand on what is in a collection; all others make a text.
_OF_COLLECTIONS = {
    "attr", "count", "d", "default", "dictsort", "first", "groupby", "items", "last", "length", "map", "max",
    "min", "random", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique",
}  # fmt: skip
_WIDTH = re.compile(r"%[^a-zA-Z%]*?(?:\d{5,}|\*)")
_WIDTH_IN_BRACES = re.compile(r"\d{5}|\{[^{}]*\{")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Counts the passes of loops, the calls, and the characters and items that are made since `begin`; raises
    SecurityError for too many of them, and for too large a one."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(finalize=self._written, **options)
        self.begin()
        del self.globals["lipsum"]
        for name, real in list(self.filters.items()):
            if name in _PADDING_FILTERS:
                del self.filters[name]
            elif name not in _OF_COLLECTIONS:
                self.add_filter(name, real)
        for name, ours in (("join", self._join), ("replace", self._replace), ("indent", self._indent)):
            self.add_filter(name, ours)

    def begin(self) -> None:
        self._steps = self._made = 0

    def add_filter(self, name: str, real: Callable[..., Any]) -> None:
        """A filter that makes a text, its arguments and what it makes measured."""

        @wraps(real)
        def measured(*arguments: Any, **named: Any) -> Any:
            self._measure(arguments, named)
            if name == "format":
                _check_width(arguments[0])
            made = real(*arguments, **named)
            self._grow(_length(made))
            return made

        self.filters[name] = measured

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __self.tick()
        method = getattr(__obj, "__wrapped__", __obj)
        text = getattr(method, "__self__", None)
        if isinstance(text, str):
            args = __self._measured(method.__name__, text, args, kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("it takes powers")
        if operator == "*":
            self._grow(max(_factor(left) * _factor(right), 0))
        elif operator == "+":
            self._grow(_length(left) + _length(right))
        elif isinstance(left, str):
            _check_width(left)
            self._measure(right)
        return super().call_binop(context, operator, left, right)

    def tick(self, written: int = 0) -> str:
        """One more step, with so many characters of the template in it."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise SecurityError(f"it takes more than {_MOST_STEPS:,} steps")
        self._grow(written)
        return ""

    def joined(self, *parts: object) -> str:
        self._measure(parts)
        return "".join(map(str, parts))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        loops = [each.body for each in parsed.find_all(nodes.For)]
        for body in (*loops, *(each.body for each in parsed.find_all(nodes.Macro))):
            outputs = [output for node in body for output in nodes.Template([node]).find_all(nodes.Output)]
            written = sum(
                len(part.data) for output in outputs for part in output.find_all(nodes.TemplateData)
            )
            tick = nodes.Call(nodes.EnvironmentAttribute("tick"), [nodes.Const(written)], [], None, None)
            body.insert(0, nodes.Output([tick]))
        for concatenated in list(parsed.find_all(nodes.Concat)):
            measured = nodes.Call(nodes.EnvironmentAttribute("joined"), concatenated.nodes[:], [], None, None)
            concatenated.nodes[:] = [measured]
        return parsed

    def _written(self, value: Any) -> Any:
        """What is about to become a part of the prompt."""
        self._measure(value)
        return value

    def _measure(self, *values: object) -> None:
        """Something is made of these, with all that they hold: one list may stand in another many times."""
        size, rest = 0, list(values)
        while rest and size <= _LONGEST:
            each = rest.pop()
            size += 1
            if isinstance(each, str):
                size += len(each)
            elif isinstance(each, dict | list | tuple):
                size += len(each)
                if size <= _LONGEST:
                    rest += [*each, *each.values()] if isinstance(each, dict) else each
        self._grow(size)

    def _grow(self, size: int) -> None:
        if size > _LONGEST:
            raise SecurityError(f"it makes a text or list of more than {_LONGEST:,}")
        self._made += size
        if self._made > _MOST_MADE:
            raise SecurityError(f"it makes more than {_MOST_MADE:,} characters")

    def _measured(self, name: str, text: str, arguments: Sequence[Any], named: Any = None) -> tuple[Any, ...]:
        """The arguments of a method of `text`, once it is known that what it makes is small enough."""
        self._measure(text, arguments, named)
        if name in _PADDING_METHODS:
            raise SecurityError(f"it pads a text, with {name}")
        if name in ("format", "format_map") and _WIDTH_IN_BRACES.search(text):
            raise SecurityError("it pads a text without end")
        if name == "join" and arguments:
            parts = list(arguments[0])
            self._measure(parts)
            self._grow(len(text) * len(parts))
            return (parts, *arguments[1:])
        if name == "replace" and len(arguments) > 1:
            self._grow(text.count(str(arguments[0])) * len(str(arguments[1])))
        return tuple(arguments)

    def _join(self, value: Any, d: str = "", attribute: str | int | None = None) -> str:
        parts = value if attribute is None else [self.getitem(each, attribute) for each in value]
        (parts,) = self._measured("join", str(d), (parts,))
        return str(d).join(map(str, parts))

    def _replace(self, text: object, old: str, new: str, count: int | None = None) -> str:
        self._measured("replace", str(text), (old, new))
        return str(text).replace(old, new, -1 if count is None else count)

    def _indent(self, text: object, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
        by = width if isinstance(width, str) else " " * min(width, _LONGEST)
        lines = str(text).splitlines(keepends=True)
        self._grow(len(by) * len(lines))
        return "".join(
            by + line if (line.strip() or blank) and (number or first) else line
            for number, line in enumerate(lines)
        )


def _check_width(form: object) -> None:
    if _WIDTH.search(str(form)):
        raise SecurityError("it pads a text without end")


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _factor(value: object) -> int:
    """By what a multiplication makes things grow; of two numbers none does."""
    return int(value) if isinstance(value, int) else _length(value)
