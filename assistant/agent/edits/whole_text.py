"""The text of a file that a model wrote out whole, or why it cannot be that."""

from pathlib import PurePath

from assistant.agent.edits.disguises import entities, is_markup, typographic, without_numbers
from assistant.agent.edits.edit import EditError
from assistant.agent.edits.elision import first_elision
from assistant.agent.edits.layout import laid_out
from assistant.agent.edits.whole_file import title_comment
from assistant.repo.hunks import diff_hunks
from assistant.repo.syntax import definitions, language_of


def whole_text(path: str, old: str, new: str) -> str:
    """The new text, without line numbers and without a comment that only names the file, and with a
    newline at its end where the old text has one. Raises EditError for one that leaves out parts of the
    old text or is disguised beyond what is certain."""
    numbered = without_numbers(new)
    if numbered is not None and numbered.strip() and without_numbers(old) is None:
        new = numbered
    new = _without_title(path, old, new)
    _check_written_out(path, old, new)
    if old:
        _check_characters(path, old, new)
        _check_nothing_lost(path, old, new)
        lines = laid_out(path, old.removesuffix("\n").split("\n"), new.removesuffix("\n").split("\n"))
        new = "\n".join(lines) + ("\n" if old.endswith("\n") else "")
    return new


def _without_title(path: str, old: str, new: str) -> str:
    first, _, rest = new.partition("\n")
    if title_comment(new, [path]) == path and old.partition("\n")[0] != first:
        return rest.removeprefix("\n") if old and not old.startswith("\n") else rest
    return new


def _check_written_out(path: str, old: str, new: str) -> None:
    lines = new.split("\n")
    at = first_elision(lines, old.split("\n"), python=PurePath(path).suffix in (".py", ".pyi"))
    if at is not None:
        raise EditError(
            f"{path}: line {at + 1} stands for code that is not written out: {lines[at].strip()[:80]}",
            hint="Write out the whole file, or send only the lines that change as a search/replace block.",
        )


def _check_characters(path: str, old: str, new: str) -> None:
    for what, find in (("HTML entities", entities), ("typographic characters", typographic)):
        strange = sorted(find(new))
        if strange and not find(old) and not is_markup(path):
            raise EditError(
                f"{path}: the new text has {what} ({' '.join(strange[:5])}), and the file had none.",
                hint="Write the plain characters; in a string, write such a character as an escape.",
            )


def _check_nothing_lost(path: str, old: str, new: str) -> None:
    """Definitions may be renamed, but fewer of them is a part of the file and not the whole, and so is a
    text without the file's first or last lines."""
    language = language_of(PurePath(path))
    had = [each.name for each in definitions(old, language)]
    has = [each.name for each in definitions(new, language)]
    lost = [name for name in dict.fromkeys(had) if name not in has]
    if lost and len(has) < len(had):
        missing = ", ".join(lost[:8])
    elif gone := _ends_left_out(old, new):
        missing = f"the lines from {gone[0].strip()[:60]!r} to {gone[-1].strip()[:60]!r}"
    else:
        return
    raise EditError(
        f"{path}: the new text leaves out {missing}.",
        hint="Send the whole file. To remove code on purpose, replace its lines by nothing.",
    )


def _ends_left_out(old: str, new: str) -> list[str]:
    """Lines at the file's beginning or end that go while nothing comes in their place."""
    one, other = ("".join(f"{line.strip()}\n" for line in text.strip().split("\n")) for text in (old, new))
    for hunk in diff_hunks(one, other):
        at_end = hunk.old_start == 0 or hunk.old_end == one.count("\n")
        if at_end and not hunk.new_lines and any(map(str.strip, hunk.old_lines)):
            return [line for line in hunk.old_lines if line.strip()]
    return []
