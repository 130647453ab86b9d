"""An edit of lines or of a part of a line is made where it was meant and nowhere else, or refused."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.edits import EditError, EditFormat, apply, parse, plan
from assistant.repo.workspace import Workspace
from tests.fuzz import Property

# Nothing in them is a mark of a format, an elision or an entity: such an edit has no reason to be refused.
_PLAIN = (
    "a = 1",
    "b = a",
    "    c(a)",
    "        d(b)",
    "\te",
    "e",
    "",
    "    ",
    "f  ",
    "é = '日'",
    "}",
    "x\x0cy",
)
_ODD = ("...", "# ... rest of the code", "&lt;b&gt;", "“q”", "1 | a", "- a", "+++ b", "@@", "=======", "> e")
_ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


@dataclass(frozen=True)
class Case:
    """A file of `lines`, of which start..end, end excluded, are to become `new`."""

    lines: tuple[str, ...]
    start: int
    end: int
    new: tuple[str, ...]
    plain: bool

    @property
    def old(self) -> tuple[str, ...]:
        return self.lines[self.start : self.end]

    def occurrences(self, key: Callable[[str], str] = str) -> list[int]:
        keys, old = [key(line) for line in self.lines], [key(line) for line in self.old]
        return [i for i in range(len(keys) - len(old) + 1) if keys[i : i + len(old)] == old]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    plain = draw(st.booleans())
    line = st.sampled_from(_PLAIN if plain else _PLAIN + _ODD)
    lines = draw(st.lists(line, min_size=1, max_size=14))
    start = draw(st.integers(0, len(lines) - 1))
    end = draw(st.integers(start + 1, min(start + 5, len(lines))))
    return Case(tuple(lines), start, end, tuple(draw(st.lists(line, max_size=5))), plain)


def _text(lines: tuple[str, ...] | list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _search_replace(old: list[str], new: tuple[str, ...]) -> str:
    return f"a.txt\n<<<<<<< SEARCH\n{_text(old)}=======\n{_text(new)}>>>>>>> REPLACE\n"


def _tool_call(old: list[str], new: tuple[str, ...]) -> str:
    return json.dumps({"path": "a.txt", "old": _text(old), "new": _text(new)})


def _patch(old: list[str], new: tuple[str, ...]) -> str:
    body = "".join(f"-{line}\n" for line in old) + "".join(f"+{line}\n" for line in new)
    return f"*** Begin Patch\n*** Update File: a.txt\n@@\n{body}*** End Patch\n"


def _udiff(old: list[str], new: tuple[str, ...]) -> str:
    body = "".join(f"-{line}\n" for line in old) + "".join(f"+{line}\n" for line in new)
    return f"```diff\n--- a/a.txt\n+++ b/a.txt\n@@ ... @@\n{body}```\n"


_WRITERS: dict[EditFormat, Callable[[list[str], tuple[str, ...]], str]] = {
    "search-replace": _search_replace, "tool-call": _tool_call, "patch": _patch, "udiff": _udiff,
}  # fmt: skip
# What a model may do to lines that it copies, and what of a line that leaves.
_COPIES: dict[str, tuple[Callable[[int, str], str], Callable[[str], str]]] = {
    "exactly": (lambda _, line: line, str),
    "without blanks behind": (lambda _, line: line.rstrip(), str.rstrip),
    "deeper": (lambda _, line: f"    {line}", str.strip),
    "at the margin": (lambda _, line: line.lstrip(), str.strip),
    "with other blanks": (lambda _, line: re.sub(r" +", "  ", line), lambda line: " ".join(line.split())),
    "with numbers": (lambda i, line: f"{i + 7} | {line}", str),
}


def target(folder: Path) -> Property:
    file, workspace = folder / "a.txt", Workspace(folder, is_git=False)

    def made(raw: bytes, answer: str, written: EditFormat) -> bytes | None:
        """What the file holds then; None where the edit was refused and the file left alone."""
        file.write_bytes(raw)
        try:
            apply(plan(parse(answer, known_paths=["a.txt"], format=written), workspace))
        except EditError as error:
            assert error.explained
            assert file.read_bytes() == raw
            return None
        return file.read_bytes()

    @given(
        case=cases(),
        written=st.sampled_from(sorted(_WRITERS)),
        copy=st.sampled_from(sorted(_COPIES)),
        newline=_ENDINGS,
        ended=st.booleans(),
        part=st.tuples(st.integers(0, 80), st.integers(1, 12)),
    )
    def edits(
        case: Case, written: EditFormat, copy: str, newline: str, ended: bool, part: tuple[int, int]
    ) -> None:
        ended = ended or not case.lines[-1]  # an empty line is only there where it is ended
        raw = newline.join((*case.lines, "") if ended else case.lines).encode()
        newline = newline if newline.encode() in raw else "\n"
        _check_lines(
            case, copy, newline, raw, lambda old: made(raw, _WRITERS[written](old, case.new), written)
        )
        text = raw.decode().replace("\r\n", "\n").replace("\r", "\n")
        old, new = text[part[0] : sum(part)], "".join(case.new)
        if old.strip() and not _is_whole_lines(text, part[0], old):
            call = json.dumps({"path": "a.txt", "old": old, "new": new})
            _check_part(text, old, new, newline, made(raw, call, "tool-call"))

    return edits


def _check_lines(
    case: Case, copy: str, newline: str, raw: bytes, make: Callable[[list[str]], bytes | None]
) -> None:
    change, key = _COPIES[copy]
    result = make([change(i, line) for i, line in enumerate(case.old)])
    if result is None:
        wanted = any(line.strip() for line in case.old) and case.old != case.new
        assert not (copy == "exactly" and case.plain and wanted and len(case.occurrences()) == 1)
        return
    if not any(map(str.strip, case.old)):  # the text of a new file, which a blank one may become
        assert not any(map(str.strip, case.lines))
        return
    if copy == "exactly":
        assert len(case.occurrences()) == 1
    # Where several places are alike in all that the copy left, a closer one of them may have been told.
    assert any(_is_made(case, at, newline, raw, result, copy) for at in case.occurrences(key))


def _is_made(case: Case, at: int, newline: str, raw: bytes, result: bytes, copy: str) -> bool:
    """Whether the lines from `at` became the new ones, and all around them is as it was to the byte."""
    before = _bytes(case.lines[:at], newline)
    after = raw[len(_bytes(case.lines[: at + len(case.old)], newline)) :]
    if not (result.startswith(before) and result.endswith(after) and len(result) >= len(before) + len(after)):
        return at + len(case.old) == len(case.lines) and not case.new and before.startswith(result)
    middle = result[len(before) : len(result) - len(after)].decode().split(newline)
    if copy == "exactly":
        return middle in ([*case.new, ""], list(case.new)) or (not case.new and middle == [""])
    # Its depth may be the file's own, blank lines those that the edit left out, and what is odd a disguise.
    return not case.plain or _words(middle) == _words(list(case.new))


def _words(lines: list[str]) -> list[list[str]]:
    return [line.split() for line in lines if line.strip()]


def _bytes(lines: tuple[str, ...], newline: str) -> bytes:
    return "".join(line + newline for line in lines).encode()


def _check_part(text: str, old: str, new: str, newline: str, result: bytes | None) -> None:
    places = [found.start() for found in re.finditer(f"(?={re.escape(old)})", text)]
    if result is None:
        assert len(places) > 1 or old == new
        return
    (at,) = places
    assert result == (text[:at] + new + text[at + len(old) :]).replace("\n", newline).encode()


def _is_whole_lines(text: str, start: int, old: str) -> bool:
    end = start + len(old)
    return (start == 0 or text[start - 1] == "\n") and (end >= len(text) or "\n" in (text[end], old[-1]))
