"""What a growing answer says to the user: the words before a call, and those of a call that ends the task."""

import json
import re

from assistant.chat.tools import dsml
from assistant.chat.tools.formats import FORMATS

_BEGINS = tuple({format.before for format in FORMATS.values()})
_THOUGHT = '{"thought": "'
_DONE = re.compile(
    r"""\s*(?:function<｜tool▁sep｜>)?done
    (?:"\s*,\s*"arguments"\s*:\s*|<｜tool▁sep｜>|\s*```json\s*|">)++
    \s*(?:\{\s*"answer"\s*:\s*"|<｜DSML｜parameter\s+name="answer"\s+string="true">)(?P<answer>.*)""",
    re.DOTALL | re.VERBOSE,
)
# An escape that is not whole yet is left out.
_STRING = re.compile(r'(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*', re.DOTALL)


def spoken(answer: str) -> str:
    """The part of an answer, whole or not, that is meant for the user. It only grows with the answer."""
    thought, call = "", answer
    if answer.startswith(_THOUGHT):
        thought = _string(answer.removeprefix(_THOUGHT))
        call = answer.partition('", "name": "')[2]
    else:
        starts = [(at, before) for before in _BEGINS if (at := answer.find(before)) >= 0]
        if not starts:
            return _without_beginning(answer).rstrip()
        at, before = min(starts)
        thought, call = answer[:at], answer[at + len(before) :]
    done = _DONE.match(call)
    if done is None:
        return thought.rstrip()
    closing = _dsml(done["answer"]) if "DSML" in done[0] else _string(done["answer"])
    return "\n\n".join(filter(None, (thought.rstrip(), closing)))


def _string(json_text: str) -> str:
    """A JSON string up to its quotation mark, or as far as it is written."""
    found = _STRING.match(json_text)
    text = str(json.loads(f'"{found[0] if found else ""}"', strict=False))
    return text[:-1] if text[-1:] >= "\ud800" and text[-1:] <= "\udbff" else text


def _dsml(text: str) -> str:
    return _without_end(text, dsml.CLOSE) if dsml.CLOSE not in text else text[: text.index(dsml.CLOSE)]


def _without_beginning(text: str) -> str:
    """Without an end that may become the beginning of a call."""
    return min((_without_end(text, before) for before in (*_BEGINS, _THOUGHT)), key=len)


def _without_end(text: str, mark: str) -> str:
    """Without an end that `mark` begins with."""
    sizes = range(min(len(mark), len(text)), 0, -1)
    size = next((size for size in sizes if text.endswith(mark[:size])), 0)
    return text[: len(text) - size]
