"""A line of a hunk in the language's colours, with the words that changed set apart. Only what is looked at
is coloured, some hundred lines at a time: the keys wait for it."""

from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.content import Content, Span

from assistant.repo.diff import FileDiff
from assistant.tui.diff import one_line
from assistant.tui.review.rows import pairs
from assistant.tui.review.words import Spans, changed_words

if TYPE_CHECKING:
    from textual.highlight import HighlightTheme

_CHUNK = 200
_LONGEST = 2000
_BEFORE = 20
# Over any colour of the language, and seen without colours as well.
_WORD = {"added": "bold $foreground on $success 45%", "removed": "bold $foreground on $error 45%"}
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
            self._chunks[key] = self._chunk(number, side, at // _CHUNK)
        content = self._chunks[key][at]
        style = _WORD.get(hunk.lines[at].kind, "")
        return content.add_spans([Span(start, end, style) for start, end in self._changed(number, at)])

    def _chunk(self, number: int, side: str, chunk: int) -> dict[int, Content]:
        """The lines of one side among a chunk of the hunk's lines, coloured together."""
        from textual.highlight import highlight  # slow to import

        lines = self._hunks[number].lines
        wanted = range(chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(lines)))
        at = [i for i in wanted if lines[i].kind in ("context", side)]
        plain = [self._shown(number, i) for i in at]
        coloured = highlight("\n".join(plain), language=self._language, theme=_theme())
        # The highlighter drops blank lines at the end, and some lexers do at the beginning.
        found = coloured.split("\n", allow_blank=True)
        found += [Content(line) for line in plain[len(found) :]]
        if [line.plain for line in found[: len(plain)]] != plain:
            found = [Content(line) for line in plain]
        return dict(zip(at, found, strict=False))

    def _changed(self, number: int, at: int) -> Spans:
        other = self._other(number, at)
        if other is None:
            return []
        old, new = (self._shown(number, each) for each in sorted((at, other)))
        return changed_words(old, new)[at > other]

    def _other(self, number: int, at: int) -> int | None:
        """The line that took the place of this one, or whose place it took."""
        if number not in self._pairs:
            self._pairs[number] = pairs(self._hunks[number])
        return self._pairs[number].get(at)

    def _shown(self, number: int, at: int) -> str:
        """A line's text, safe to show; with a CR at its end where some lines of the hunk have one and others
        do not. Of a long line its beginning, or what is around the first difference to the other one."""
        text, other = self._text(number, at), self._other(number, at)
        skipped = 0
        if other is not None and len(text) > _LONGEST:
            from rapidfuzz.distance import Prefix

            alike = Prefix.similarity(text, self._text(number, other))
            skipped = alike - _BEFORE if alike > _LONGEST // 2 else 0
        end = skipped + _LONGEST
        return "…" * (skipped > 0) + one_line(text[skipped:end]) + "…" * (len(text) > end)

    def _text(self, number: int, at: int) -> str:
        text = self._hunks[number].lines[at].content.removesuffix(b"\n")
        if text.endswith(b"\r") and not self._returns(number):
            text = text[:-1]
        return text.decode("utf-8", "replace").replace("\r", _RETURN)

    def _returns(self, number: int) -> bool:
        """Whether some lines of the hunk end with CR LF and others do not: then one has to see which."""
        if number not in self._mixed:
            self._mixed[number] = (
                len({each.content.endswith(b"\r\n") for each in self._hunks[number].lines}) > 1
            )
        return self._mixed[number]


@cache
def _theme() -> "type[HighlightTheme]":
    """Textual's, whose underlined functions would look like links among the words that changed, and whose
    errors are no more than the beginning of a hunk within a text."""
    from pygments.token import Token  # type: ignore[import-untyped]
    from textual.highlight import HighlightTheme

    plain = {token: style.replace(" underline", "") for token, style in HighlightTheme.STYLES.items()}
    plain[Token.Error] = ""
    return type("Plain", (HighlightTheme,), {"STYLES": plain})


@cache
def _language(name: str) -> str:
    from pygments.lexers import find_lexer_class_for_filename  # type: ignore[import-untyped]

    lexer = find_lexer_class_for_filename(name)
    return lexer.aliases[0] if lexer and lexer.aliases else "text"
