"""Ways in which models spoil a good answer, as the tools that change files get it.

Each takes a case with a good answer and gives it spoilt, None where it has nothing to spoil. Those that the
tests of the edits know already are taken from there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from assistant.repo.hunks import split_lines
from tests.agent.edits.answers import WRITERS, Case
from tests.agent.edits.corruptions import CORRUPTIONS, as_if_written, both, with_lines, with_name, with_pieces
from tests.exercises.exercise import exercises

Way = Callable[[Case], Case | None]


def known(*names: str) -> Way:
    """The first of these ways, of the edits' own tests, that there is for the case."""

    def way(case: Case) -> Case | None:
        return next((spoilt for name in names if (spoilt := CORRUPTIONS[name](case)) is not None), None)

    return way


def other_file(case: Case) -> tuple[str, str]:
    """Another file of the same repository: its path and its text."""
    exercise = next(each for each in exercises() if each.path == case.path and each.fixed == case.after)
    root = exercise.folder / "repo"
    others = (path for path in sorted(root.rglob("*")) if path.is_file())
    return next(
        (str(path.relative_to(root)), text)
        for path in others
        if path.suffix == PurePath(case.path).suffix
        and (text := path.read_text("utf-8")).count("\n") > 3
        and path != root / case.path
    )


def chatty_prose(case: Case) -> Case:
    before = "Sure! Let me think {step by step}:\n\n1. I read the file.\n2. I fix it.\n\n"
    return replace(case, text=f"{before}{case.text}\nThat should do it! {{Tell me}} if `not`.\n")


def wrong_fence_language(case: Case) -> Case | None:
    return with_lines(case, r"^```(?:diff|\w*)$(?=\n.)", "```ruby")


def crlf(case: Case) -> Case | None:
    if case.format == "tool-call":
        return with_pieces(case, both(lambda text: text.replace("\n", "\r\n")))
    return CORRUPTIONS["CRLF in the answer"](case)


def path_in_the_wrong_case(case: Case) -> Case:
    return with_name(case, lambda path: str(PurePath(path).with_name(PurePath(path).name.title())))


def absolute_path(case: Case) -> Case:
    return with_name(case, lambda path: f"/home/me/project/{path}")


def no_final_newline(case: Case) -> Case | None:
    if case.format == "tool-call":
        return with_pieces(case, both(lambda text: text.removesuffix("\n")))
    return replace(case, text=case.text.rstrip("\n"))


def context_slightly_off(case: Case) -> Case | None:
    """The first kept line of a diff has one letter more."""
    if case.format in ("udiff", "patch"):
        return with_lines(case, r"^( .*\w{4})", r"\1x", count=1)
    return CORRUPTIONS["a kept line misremembered"](case)


def markers_missing(case: Case) -> Case | None:
    return with_lines(case, r"^[-+](?![-+])", "", "udiff", "patch")


def truncated(case: Case) -> Case:
    """The model ended by itself: nothing says that it was cut off."""
    return replace(case, text=case.text[: len(case.text) * 6 // 10])


def wrong_file(case: Case) -> Case:
    path, _ = other_file(case)
    return with_name(case, lambda _: path)


def text_of_another_file(case: Case) -> Case | None:
    """What is to be replaced was copied from another file."""
    _, text = other_file(case)
    lines = split_lines(text)
    middle = len(lines) // 2
    after = "".join([*lines[:middle], *split_lines(case.after)[:2], *lines[middle + 1 :]])
    if case.format == "whole":
        return None
    return replace(case, text=WRITERS[case.format](case.path, text, after))


def deleted_line_kept(case: Case) -> Case | None:
    """The line that goes is also among those that stay; elsewhere that is how a line is inserted."""
    return with_lines(case, r"^-(?!--)(.*\n)", r"-\1 \1", "udiff", "patch")


def doubled_blank_lines(case: Case) -> Case | None:
    return as_if_written(case, lambda text: text.replace("\n\n", "\n\n\n"))


def elided(case: Case) -> Case | None:
    if case.format in ("udiff", "patch"):
        dots = "# ..." if case.path.endswith(".py") else "// ..."
        return with_lines(case, r"^( .*\n)(?=[-+])", rf" {dots} rest of code\n\1", count=1)
    return known("elided rest of the file", "elided replacement")(case)


def other_argument_names(case: Case) -> Case | None:
    return with_lines(case, r'"old": (.*), "new": ', r'"old_string": \1, "new_string": ', "tool-call")


WAYS: dict[str, Way] = {
    "chatty prose around": chatty_prose,
    "fences missing": known("fences missing"),
    "fence not closed": known("last fence missing"),
    "wrong fence language": wrong_fence_language,
    "nested fences": known("fence inside of the blocks", "fence around all"),
    "indented deeper": known("indented deeper"),
    "indentation lost": known("all indentation lost"),
    "tabs for spaces": known("tabs for spaces"),
    "spaces for tabs": known("spaces for tabs"),
    "trailing whitespace": known("trailing spaces"),
    "doubled blank lines": doubled_blank_lines,
    "CRLF": crlf,
    "final newline missing": no_final_newline,
    "elided parts": elided,
    "elided search": known("elided middle"),
    "line numbers copied": known("line numbers before the lines"),
    "typographic quotes": known("typographic quotes"),
    "HTML entities": known("HTML entities"),
    "duplicated anchors": known("duplicated anchors"),
    "path in the wrong case": path_in_the_wrong_case,
    "path without folders": known("name without folders"),
    "absolute path": absolute_path,
    "wrong file named": wrong_file,
    "text of another file": text_of_another_file,
    "context slightly off": context_slightly_off,
    "deleted line kept": deleted_line_kept,
    "hunk counts wrong": known("wrong counts"),
    "hunk header missing": known("hunk without head"),
    "diff markers missing": markers_missing,
    "a/ and b/ missing": known("no a/ and b/"),
    "truncated": truncated,
    "said twice": known("said twice"),
    "end mark missing": known("end mark missing"),
    "raw newlines in JSON": known("raw newlines in JSON"),
    "other argument names": other_argument_names,
}
