"""Where a change belongs: in a very short file first the whole, else first the functions that the
evidence points at.

Small models damage what they need not have touched, so they are shown no more than they must change.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent, indent

from assistant.agent.evidence import Evidence, innermost, names_in
from assistant.repo.files import SourceFile
from assistant.repo.hunks import split_lines
from assistant.repo.syntax import Definition, definitions, language_of

SHORT_FILE_LINES = 16
# Up to here the whole file is tried too, behind its functions: a repair may need an import.
_MIDDLE_FILE_LINES = 60
_MOST_PLACES = 4
# A word of the user's, a line that the failure went through, a syntax error, a name in a failing test.
_MESSAGE, _LOCATION, _PROBLEM, _TEST = 5.0, 3.0, 6.0, 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `first..last` of a file, from 1, inclusive; `definition` is None for the whole file.

    `suspects` are line ranges that the evidence points at: changes elsewhere are unexpected."""

    source: SourceFile
    first: int
    last: int
    definition: Definition | None = None
    suspects: tuple[tuple[int, int], ...] = ()

    @property
    def shown(self) -> str:
        name = self.definition.qualified_name if self.definition else ""
        return f"{self.source.shown}:{name}" if name else self.source.shown

    @property
    def code(self) -> str:
        """The text to rewrite, without the indentation that all of its lines share."""
        return dedent(self._lines())

    def with_code(self, code: str) -> str:
        """The whole file's text with this place rewritten."""
        if self.definition is None:
            return code if self.source.text.endswith("\n") else code.removesuffix("\n")
        lines = split_lines(self.source.text)
        before, after = "".join(lines[: self.first - 1]), "".join(lines[self.last :])
        middle = indent(code.strip("\n"), self._indentation())
        return before + middle + ("\n" if self._lines().endswith("\n") else "") + after

    def unexpected(self, first: int, last: int) -> bool:
        """Whether a change of lines first..last (from 1) lies away from all that is suspected."""
        return bool(self.suspects) and not any(a <= last and first <= b for a, b in self.suspects)

    def _lines(self) -> str:
        return "".join(split_lines(self.source.text)[self.first - 1 : self.last])

    def _indentation(self) -> str:
        lines = [line for line in self._lines().splitlines() if line.strip()]
        return re.match(r"\s*", lines[0])[0] if lines else ""  # type: ignore[index]


def find_places(sources: Sequence[SourceFile], evidence: Evidence, *, fits: int) -> list[Place]:
    """Places to rewrite, the likeliest first. `fits` is the number of characters that can be rewritten
    at once. A file in which nothing is suspected is taken whole where it fits, else not at all."""
    found = [scored for source in sources for scored in _of_file(source, evidence, fits)]
    found.sort(key=lambda scored: -scored[0])
    return [place for _, place in found[: max(_MOST_PLACES, len(sources))]]


def _of_file(source: SourceFile, evidence: Evidence, fits: int) -> list[tuple[float, Place]]:
    known = definitions(source.text, language_of(source.path))
    scores = {each: _score(each, source, evidence, known) for each in known}
    suspected = [each for each in known if scores[each] > 0]
    suspected = [each for each in suspected if not _explained_by_inner(each, suspected)]
    best = max((scores[each] for each in suspected), default=0.0)
    chosen = [each for each in suspected if scores[each] >= best / 2]
    suspects = tuple((each.first_line, each.last_line) for each in chosen)
    lines = source.text.count("\n") + 1
    whole = Place(source, 1, lines, suspects=suspects)
    named = _LOCATION * (source.shown in evidence.message or source.path.name in evidence.message)
    named += sum(_LOCATION for path, _ in evidence.locations if path == source.path)
    broken = any(shown == source.shown for shown, _ in evidence.problems)
    if not chosen and (lines <= SHORT_FILE_LINES or len(source.text) <= fits):
        return [(named + broken, whole)]
    places = [
        (scores[each] + named, Place(source, each.first_line, each.last_line, each, suspects))
        for each in chosen
        if len(_text(source, each)) <= fits
    ]
    if lines <= SHORT_FILE_LINES:
        parts = [(score / 2, place) for score, place in places if place.code.strip() != whole.code.strip()]
        return [(best + named + broken, whole), *parts]
    if len(source.text) <= fits and (not places or lines <= _MIDDLE_FILE_LINES):
        places.append(((best + named) / 2, whole))
    return places


def _score(each: Definition, source: SourceFile, evidence: Evidence, known: Sequence[Definition]) -> float:
    words = names_in(evidence.message)
    score = _MESSAGE * (each.name in words) + _MESSAGE * (each.qualified_name in evidence.message)
    score += _TEST * (each.name in names_in(evidence.test_code))
    score += _TEST * (each.name in names_in("\n".join(evidence.failure)))
    lines = [line for path, line in evidence.locations if path == source.path]
    lines_broken = [problem.line for shown, problem in evidence.problems if shown == source.shown]
    score += _LOCATION * sum(innermost(known, line) == each for line in lines[-3:])
    return score + _PROBLEM * sum(innermost(known, line) == each for line in lines_broken)


def _explained_by_inner(outer: Definition, suspected: Sequence[Definition]) -> bool:
    """A class is not the place when one of its methods is."""
    return any(
        inner is not outer and outer.first_line <= inner.first_line and inner.last_line <= outer.last_line
        for inner in suspected
    )


def _text(source: SourceFile, each: Definition) -> str:
    return "".join(split_lines(source.text)[each.first_line - 1 : each.last_line])
