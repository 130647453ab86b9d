"""A failing command's output in a sentence or two: what small models understand, and people too.

`average([2, 4, 6]) gives 6.0 instead of 4.` is what a person would say; the reports of pytest and
unittest are brought into that form, anything else is cut down to the lines that tell something.
"""

import ast
import re

_TELLING = re.compile(
    r"\b\w*(error|exception|panic|mismatch)\b|\b(assert\w*|expect\w*|fail\w*|got|want|actual|wrong)\b",
    re.IGNORECASE,
)
_NAMED_ERROR = re.compile(r"^\w*(Error|Exception): .+|^\w+\.\w*(Error|Exception): .+|^panic: .+")
# Reports that every run prints, and bare locations.
_CHATTER = re.compile(
    r"^[=\-_~. ]{8,}|^(--- )?(FAIL|ERROR|FAILED)\b([: (]|$)|^\S+ (FAILED|ERROR)\b"
    r"|(?<!\d)\d+ (failed|passed)\b|^FAILED \S+$"
    r"|^\S+:\d+: \w+(: in .*)?$|^File \"|^\^+$|^at \S+ \(|^(short test summary|Traceback)"
)
_PYTEST_VALUES = re.compile(
    r"^E[ \t]+(?:AssertionError: )?assert (?P<left>.+?) == (?P<right>.+)$", re.MULTILINE
)
_PYTEST_WHERE = re.compile(r"^E[ \t]+\+[ \t]+where (?P<value>.+?) = (?P<call>.+)$", re.MULTILINE)
_PYTEST_CODE = re.compile(r"^>[ \t]+(?P<code>assert .+)$", re.MULTILINE)
_UNITTEST = re.compile(
    r"^[ \t]+(?P<code>self\.assert\w+\(.+\))\n(?:[ \t]*[\^~]+\n)?AssertionError: (?P<told>.+)$", re.MULTILINE
)
_LONGEST_VALUE = 80
_MOST_LINES = 4
_MOST_CHARACTERS = 400


def in_words(output: str) -> list[str]:
    """At most a few sentences without their full stops, none for an empty output."""
    said = _pytest(output) or _unittest(output)
    return [said] if said else _telling_lines(output)


def tells_of_check(line: str) -> bool:
    """Whether a line of test code checks something."""
    return bool(_TELLING.search(line))


def _pytest(output: str) -> str:
    code, values = _PYTEST_CODE.search(output), _PYTEST_VALUES.search(output)
    where = _PYTEST_WHERE.search(output)
    if values and where and values["left"] == where["value"]:
        return _gives(where["call"], values["left"], values["right"])
    checked = _parsed(code["code"]) if code else None
    if not isinstance(checked, ast.Assert):
        return ""
    if values and isinstance(checked.test, ast.Compare):
        return _gives(ast.unparse(checked.test.left), values["left"], values["right"])
    if where and ast.unparse(checked.test).endswith(where["call"]):
        wanted = "True" if where["value"] == "False" else ""
        return _gives(where["call"], where["value"], wanted)
    return ""


def _unittest(output: str) -> str:
    found = _UNITTEST.search(output)
    checked = _parsed(found["code"]) if found else None
    if not found or not isinstance(checked, ast.Expr) or not isinstance(checked.value, ast.Call):
        return ""
    call = ast.unparse(checked.value.args[0]) if checked.value.args else ""
    got, different, wanted = found["told"].partition(" != ")
    if different:
        return _gives(call, got, wanted.partition(" : ")[0])
    got, _, wanted = found["told"].partition(" is not ")
    return _gives(call, got, wanted.partition(" : ")[0]) if wanted else ""


def _gives(call: str, value: str, wanted: str) -> str:
    said = f"{call} gives {value}" + (f" instead of {wanted}" if wanted else "")
    return said if max(len(call), len(value), len(wanted)) <= _LONGEST_VALUE else ""


def _parsed(code: str) -> ast.stmt | None:
    try:
        return ast.parse(code).body[0]
    except (SyntaxError, ValueError, IndexError):
        return None


def _telling_lines(output: str) -> list[str]:
    lines = [re.sub(r"^[E>]\s+", "", line).strip() for line in output.splitlines()]
    lines = [line for line in dict.fromkeys(lines) if line and not _CHATTER.search(line)]
    named = [line for line in lines if _NAMED_ERROR.search(line)]
    telling = [line for line in lines if _TELLING.search(line)]
    chosen = (named or telling or lines)[-_MOST_LINES:]
    return [line[:_MOST_CHARACTERS].rstrip(".:") for line in chosen]
