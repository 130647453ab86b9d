"""Ways in which models spoil a good answer, and in which files differ from what they were shown.

Each takes a case with a good answer and gives it spoilt, None where it has nothing to spoil."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from assistant.repo.hunks import diff_hunks, split_lines
from tests.agent.edits.answers import WRITERS, Case, pieces

Corruption = Callable[[Case], Case | None]
Piece = tuple[str, str]


def as_if_written(case: Case, change: Callable[[str], str]) -> Case | None:
    """The answer of a model that sees and writes every line of code changed like this."""
    before, after = change(case.before), change(case.after)
    if before == case.before:
        return None
    return replace(case, text=WRITERS[case.format](case.path, before, after))


def with_file(case: Case, change: Callable[[str], str]) -> Case:
    """The same answer to a file that is different: kept lines keep the difference, new ones have none."""
    changed_lines = [change(line) for line in split_lines(case.before)]
    hunks = diff_hunks(case.before, case.after)
    lines = list(changed_lines)
    for hunk in reversed(hunks):
        lines[hunk.old_start : hunk.old_end] = hunk.new_lines
    return replace(case, before="".join(changed_lines), after="".join(lines))


def with_pieces(case: Case, change: Callable[[Piece], Piece | None], around: int = 1) -> Case | None:
    """The answer with its old and new texts changed, in the formats that have these."""
    if case.format not in ("search-replace", "tool-call"):
        return None
    changed = [change(piece) for piece in pieces(case.before, case.after, around)]
    kept = [piece for piece in changed if piece is not None]
    if len(kept) < len(changed):
        return None
    if case.format == "tool-call":
        text = "\n".join(json.dumps({"path": case.path, "old": old, "new": new}) for old, new in kept)
    else:
        text = "\n".join(
            f"{case.path}\n```\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n"
            for old, new in kept
        )
    return replace(case, text=text)


def with_lines(case: Case, pattern: str, by: str, *formats: str, count: int = 0) -> Case | None:
    """The answer with a pattern replaced, in some formats."""
    if formats and case.format not in formats:
        return None
    text = re.sub(pattern, by, case.text, count=count, flags=re.MULTILINE)
    return None if text == case.text else replace(case, text=text)


def with_name(case: Case, change: Callable[[str], str]) -> Case:
    return replace(case, text=case.text.replace(case.path, change(case.path)))


def each_line(change: Callable[[str], str]) -> Callable[[str], str]:
    """A change of a text by its lines; blank ones stay."""

    def of_text(text: str) -> str:
        lines = (change(line) if line.strip() else line for line in text.split("\n"))
        return "\n".join(lines)

    return of_text


def both(change: Callable[[str], str]) -> Callable[[Piece], Piece]:
    return lambda piece: (change(piece[0]), change(piece[1]))


def comment_of(case: Case, words: str) -> str:
    return f"{'#' if case.path.endswith('.py') else '//'} {words}\n"


def _indented_by(line: str, old: str, new: str) -> str:
    depth = len(line) - len(line.lstrip())
    return line[:depth].replace(old, new) + line[depth:]


def halved(text: str) -> str:
    if re.search(r"^(?:    )*  ?\S", text, re.MULTILINE):
        return text
    return each_line(lambda line: _indented_by(line, "    ", "  "))(text)


def dedented(piece: Piece) -> Piece:
    lines = [line for line in "".join(piece).split("\n") if line.strip()]
    depth = min(len(line) - len(line.lstrip()) for line in lines)
    return both(each_line(lambda line: line[depth:]))(piece)


def without_first_indentation(piece: Piece) -> Piece:
    return both(lambda text: text.lstrip(" \t"))(piece)


def numbered(case: Case) -> Case | None:
    def by_file(piece: Piece) -> Piece:
        old, new = (text.rstrip("\n").split("\n") for text in piece)
        first = case.before.split("\n").index(old[0]) + 1
        return tuple(  # type: ignore[return-value]
            "".join(f"{first + i:4} | {line}\n" for i, line in enumerate(lines)) for lines in (old, new)
        )

    if case.format == "whole":
        lines = case.after.rstrip("\n").split("\n")
        after = "".join(f"{i:4} | {line}\n" for i, line in enumerate(lines, 1))
        return replace(case, text=WRITERS["whole"](case.path, case.before, after))
    return with_pieces(case, by_file)


def typographic(text: str) -> str:
    return re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text)


def entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def elided(case: Case, piece: Piece) -> Piece | None:
    """Dots for the lines between the outermost and what changes."""
    old, new = (split_lines(text) for text in piece)
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    if same < 4:
        return None
    dots = comment_of(case, "... existing code ...")
    return "".join([old[0], dots, *old[same - 1 :]]), "".join([new[0], dots, *new[same - 1 :]])


def elided_replacement(case: Case, piece: Piece) -> Piece:
    old, new = piece
    lines = split_lines(new)
    return old, "".join([*lines[:1], comment_of(case, "... rest of the code"), *lines[2:]])


def elided_file(case: Case) -> Case | None:
    if case.format != "whole":
        return None
    lines = split_lines(case.after)
    after = "".join(lines[: len(lines) // 2]) + comment_of(case, "... rest of the code remains the same")
    return replace(case, text=WRITERS["whole"](case.path, case.before, after))


def a_part_only(case: Case) -> Case | None:
    if case.format != "whole":
        return None
    part = case.after[: case.after.rindex("\n\n") + 1]
    return replace(case, text=WRITERS["whole"](case.path, case.before, part))


def twice_in_the_file(case: Case) -> Case | None:
    """Every place has its twin, and the answer does not say which is meant."""
    if case.format == "whole":
        return None
    return replace(case, before=case.before * 2, after=case.after + case.before)


def without_context(case: Case) -> Case | None:
    """Only the lines that change, even if the file has others like them."""

    def bare(piece: Piece) -> Piece | None:
        hunks = diff_hunks(*piece)
        old, new = "".join(hunks[0].old_lines), "".join(hunks[0].new_lines)
        return (old, new) if old and len(hunks) == 1 else None

    return with_pieces(case, bare)


def misremembered(piece: Piece) -> Piece | None:
    """One letter of a line that stays is another."""
    old, new = (split_lines(text) for text in piece)
    for i, (a, b) in enumerate(zip(old, new, strict=False)):
        if a == b and len(a.strip()) > 12 and len(old) >= 6:
            spoilt = re.sub(r"(\w)(\w{3})(?!.*\w{4})", r"\2\1", a)
            return "".join([*old[:i], spoilt, *old[i + 1 :]]), "".join([*new[:i], spoilt, *new[i + 1 :]])
    return None


def hunks_reversed(case: Case) -> Case | None:
    parts = re.split(r"(?m)^(?=@@)", case.text)
    if case.format not in ("udiff", "patch") or len(parts) < 3:
        return None
    end = "```\n" if case.format == "udiff" else "*** End Patch\n"
    parts[-1] = parts[-1].removesuffix(end)
    return replace(case, text="".join([parts[0], *reversed(parts[1:])]) + end)


def said_twice(case: Case) -> Case:
    return replace(case, text=f"{case.text}\n{case.text}")


def truncated(case: Case) -> Case:
    return replace(case, text=case.text[: len(case.text) * 6 // 10], finish="length")


def raw_newlines(case: Case) -> Case | None:
    return with_lines(case, r"\\n", "\n", "tool-call")


def fixed_already(case: Case) -> Case:
    return replace(case, before=case.after)


def other_lines_changed(case: Case) -> Case | None:
    """Since the model read it, the file got lines above all that it knows."""
    above = comment_of(case, "added since")
    if case.format == "whole":
        return None
    return replace(case, before=above + case.before, after=above + case.after)


CORRUPTIONS: dict[str, Corruption] = {
    "chatty prose around": lambda c: replace(
        c, text=f"Sure! Let's see:\n\n1. I read the file.\n2. I fix it.\n\n{c.text}\nThat should do it!\n"
    ),
    "fences missing": lambda c: with_lines(c, r"^```.*\n", ""),
    "last fence missing": lambda c: (
        replace(c, text=c.text[: c.text.rindex("```")]) if "```" in c.text else None
    ),
    "fence around all": lambda c: replace(c, text=f"````markdown\n{c.text}````\n"),
    "fence inside of the blocks": lambda c: with_pieces(c, both(lambda text: f"```\n{text}```\n")),
    "indented deeper": lambda c: as_if_written(c, each_line(lambda line: "    " + line)),
    "common indentation lost": lambda c: with_pieces(c, dedented),
    "all indentation lost": lambda c: as_if_written(c, each_line(str.lstrip)),
    "first line not indented": lambda c: with_pieces(c, without_first_indentation),
    "tabs for spaces": lambda c: as_if_written(c, each_line(lambda line: _indented_by(line, "    ", "\t"))),
    "spaces for tabs": lambda c: as_if_written(c, each_line(lambda line: _indented_by(line, "\t", "    "))),
    "half of the indentation": lambda c: as_if_written(c, halved),
    "twice the indentation": lambda c: as_if_written(
        c, each_line(lambda line: _indented_by(line, "  ", "    "))
    ),
    "trailing spaces": lambda c: as_if_written(c, each_line(lambda line: f"{line}  ")),
    "trailing spaces in the file": lambda c: with_file(c, lambda line: line.rstrip("\n") + "  \n"),
    "CRLF in the answer": lambda c: replace(c, text=c.text.replace("\n", "\r\n")),
    "CRLF in the file": lambda c: replace(
        c, before=c.before.replace("\n", "\r\n"), after=c.after.replace("\n", "\r\n")
    ),
    "byte order mark in the file": lambda c: replace(c, before="\ufeff" + c.before, after="\ufeff" + c.after),
    "no newline at the file's end": lambda c: replace(
        c, before=c.before.rstrip("\n"), after=c.after.rstrip("\n")
    ),
    "path in the wrong case": lambda c: with_name(c, str.lower),
    "path in backticks and bold": lambda c: with_lines(c, rf"^{c.path}$", f"**`{c.path}`**:"),
    "path in quotes": lambda c: with_lines(
        c, rf"(?<!\")((?:[ab]/)?{c.path})(?!\")", r'"\1"', "patch", "udiff"
    ),
    "name without folders": lambda c: with_name(c, lambda path: Path(path).name),
    "a slash before the path": lambda c: with_name(c, lambda path: f"/{path}"),
    "backslashes in the path": lambda c: (
        with_name(c, lambda path: path.replace("/", "\\")) if c.format != "tool-call" else None
    ),
    "path missing": lambda c: with_lines(c, rf'^{c.path}\n|"path": "{c.path}", ', ""),
    "a path that is not there": lambda c: (
        with_name(c, lambda path: "lib/nowhere/missing.rb") if c.format != "whole" else None
    ),
    "line numbers before the lines": numbered,
    "HTML entities": lambda c: as_if_written(c, entities),
    "typographic quotes": lambda c: as_if_written(c, typographic),
    "elided middle": lambda c: with_pieces(c, lambda piece: elided(c, piece), around=7),
    "elided replacement": lambda c: with_pieces(c, lambda piece: elided_replacement(c, piece), around=3),
    "elided rest of the file": elided_file,
    "only a part of the file": a_part_only,
    "cut off": truncated,
    "duplicated anchors": twice_in_the_file,
    "no lines around the change": without_context,
    "wrong line numbers": lambda c: with_lines(c, r"^@@ -(\d+)", r"@@ -9\1", "udiff"),
    "no line numbers": lambda c: with_lines(c, r"^@@ .* @@", "@@ ... @@", "udiff"),
    "wrong counts": lambda c: with_lines(c, r",\d+ @@", ",1 @@", "udiff"),
    "no a/ and b/": lambda c: with_lines(c, r"^(---|\+\+\+) [ab]/", r"\1 ", "udiff"),
    "diff without header": lambda c: with_lines(c, r"^(---|\+\+\+) .*\n", "", "udiff"),
    "hunk without head": lambda c: with_lines(c, r"^@@.*\n", "", "udiff", "patch", count=1),
    "kept lines not marked": lambda c: with_lines(c, r"^ (?=\S)", "", "udiff", "patch"),
    "no space in kept blank lines": lambda c: with_lines(c, r"^ $", "", "udiff", "patch"),
    "hunks in reverse order": hunks_reversed,
    "end mark missing": lambda c: with_lines(c, r"^(>>>>>>> REPLACE|\*\*\* End Patch)\n", "", count=1),
    "longer marks": lambda c: with_lines(c, r"^(<<|==|>>)(?=[<=>]{5})", r"\1\1", "search-replace"),
    "Cline's marks": lambda c: with_lines(
        replace(c, text=c.text.replace("<<<<<<<", "-------")), r"^>{7}", "+++++++", "search-replace"
    ),
    "blank lines dropped": lambda c: with_pieces(
        c, both(lambda text: re.sub(r"\n{2,}", "\n", text)), around=6
    ),
    "blank line before": lambda c: with_pieces(c, both(lambda text: "\n" + text)),
    "a kept line misremembered": lambda c: with_pieces(c, misremembered, around=4),
    "said twice": said_twice,
    "raw newlines in JSON": raw_newlines,
    "fixed already": fixed_already,
    "lines above since it was read": other_lines_changed,
}
