"""A line of a hunk in the language's colours, with the words that changed set apart. Only what is looked at
is coloured, some hundred lines at a time: the keys wait for it."""

from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.content import Content, Span

from assistant.repo.diff import FileDiff, Hunk, Line
from assistant.tui.diff import one_line
from assistant.tui.review.rows import pairs
from assistant.tui.review.words import Spans, changed_words

if TYPE_CHECKING:
    from textual.highlight import HighlightTheme

_CHUNK = 200
_LONGEST = 2000
_WORD = {"added": "on $success 45%", "removed": "on $error 45%"}
_RETURN = "\N{SYMBOL FOR CARRIAGE RETURN}"


class Colours:
    """Of one file. `line` is asked for each line that is drawn."""

    def __init__(self, file: FileDiff) -> None:
        self._hunks = file.hunks
        self._language = _language(PurePath(file.path).name)
        self._pairs: dict[int, dict[int, int]] = {}
        self._chunks: dict[tuple[int, str, int], dict[int, Content]] = {}
        self._lines: dict[tuple[int, int], Content] = {}
        self._mixed: dict[int, bool] = {}

    def line(self, hunk: int, at: int) -> Content:
        """Line `at` of a hunk, safe to show, without newline."""
        found = self._lines.get((hunk, at))
        if found is None:
            found = self._lines[hunk, at] = self._made(hunk, at)
        return found

    def _made(self, number: int, at: int) -> Content:
        hunk = self._hunks[number]
        side = "removed" if hunk.lines[at].kind == "removed" else "added"
        key = (number, side, at // _CHUNK)
        if key not in self._chunks:
            self._chunks[key] = self._chunk(hunk, side, at // _CHUNK, self._returns(number))
        content = self._chunks[key][at]
        style = _WORD.get(hunk.lines[at].kind, "")
        return content.add_spans([Span(start, end, style) for start, end in self._changed(number, at)])

    def _chunk(self, hunk: Hunk, side: str, number: int, returns: bool) -> dict[int, Content]:
        """The lines of one side among a chunk of the hunk's lines, coloured together."""
        from textual.highlight import highlight  # slow to import

        wanted = range(number * _CHUNK, min((number + 1) * _CHUNK, len(hunk.lines)))
        at = [i for i in wanted if hunk.lines[i].kind in ("context", side)]
        plain = [_shown(hunk.lines[i], returns) for i in at]
        coloured = highlight("\n".join(plain), language=self._language, theme=_theme())
        # The highlighter drops blank lines at the end, and some lexers do at the beginning.
        lines = coloured.split("\n", allow_blank=True)
        lines += [Content(line) for line in plain[len(lines) :]]
        if [line.plain for line in lines[: len(plain)]] != plain:
            lines = [Content(line) for line in plain]
        return dict(zip(at, lines, strict=False))

    def _changed(self, number: int, at: int) -> Spans:
        hunk = self._hunks[number]
        if number not in self._pairs:
            self._pairs[number] = pairs(hunk)
        other = self._pairs[number].get(at)
        if other is None:
            return []
        returns = self._returns(number)
        old, new = (_shown(hunk.lines[each], returns) for each in sorted((at, other)))
        return changed_words(old, new)[at > other]

    def _returns(self, number: int) -> bool:
        """Whether some lines of the hunk end with CR LF and others do not: then one has to see which."""
        if number not in self._mixed:
            self._mixed[number] = (
                len({each.content.endswith(b"\r\n") for each in self._hunks[number].lines}) > 1
            )
        return self._mixed[number]


def _shown(line: Line, returns: bool) -> str:
    """A line's text, safe to show; with a CR at its end if `returns` are to be seen."""
    text = line.content.removesuffix(b"\n")
    if text.endswith(b"\r") and not returns:
        text = text[:-1]
    decoded = text[: 4 * _LONGEST].decode("utf-8", "replace").replace("\r", _RETURN)
    cut = len(decoded) > _LONGEST or len(text) > 4 * _LONGEST
    return one_line(decoded[:_LONGEST]) + ("…" if cut else "")


@cache
def _theme() -> "type[HighlightTheme]":
    """Textual's, whose underlined functions would look like links among the words that changed."""
    from textual.highlight import HighlightTheme

    plain = {token: style.replace(" underline", "") for token, style in HighlightTheme.STYLES.items()}
    return type("Plain", (HighlightTheme,), {"STYLES": plain})


@cache
def _language(name: str) -> str:
    from pygments.lexers import find_lexer_class_for_filename  # type: ignore[import-untyped]

    lexer = find_lexer_class_for_filename(name)
    return lexer.aliases[0] if lexer and lexer.aliases else "text"
