"""From edits to the files as they will be: all of them, or an error that names each that cannot be."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assistant.agent.edits.edit import Delete, EditError, FileEdit, Replacement, Update, Write
from assistant.agent.edits.placing import place_replacement
from assistant.agent.edits.whole_text import whole_text
from assistant.errors import CoderError
from assistant.repo.creation import new_source
from assistant.repo.files import SourceFile, encode, inside, read_source, require_writable
from assistant.repo.syntax import language_of, syntax_problems
from assistant.repo.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A file as it is and as it will be: None for one that is made or goes. A move is one of each.

    `notes` say what did not match exactly, and where."""

    old: SourceFile | None
    new: SourceFile | None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A file while edits are tried on it; `text` is None where there is none. `done` keeps an edit that
    the model repeats from being made twice, `shift` counts the lines that came or went."""

    old: SourceFile | None
    text: str | None
    notes: list[str] = field(default_factory=list)
    loose: bool = False
    done: set[Replacement | str] = field(default_factory=set)
    shift: int = 0
    moved_to: str | None = None


def plan(edits: Sequence[FileEdit], workspace: Workspace) -> list[PlannedChange]:
    """Reads, but writes nothing. Raises EditError with all that cannot be placed, or where nothing would
    change."""
    drafts: dict[str, _Draft] = {}
    failures: list[CoderError] = []
    for edit in edits:
        with _collected(failures, edit.path, workspace):
            shown, draft = _drafted(drafts, edit, workspace)
            _make(shown, draft, edit)
    changes: list[PlannedChange] = []
    if not failures:
        for shown, draft in drafts.items():
            with _collected(failures, shown, workspace):
                changes += _changes(shown, draft, drafts, workspace)
    if failures:
        raise _together(failures)
    if not changes:
        raise EditError("The edit changes nothing.", hint="The files are as it wants them already.")
    return changes


@contextmanager
def _collected(failures: list[CoderError], path: str, workspace: Workspace) -> Iterator[None]:
    try:
        yield
    except CoderError as error:
        error.message = error.message.replace(f"{workspace.root}/", "")  # the model need not know it
        failures.append(error)
    except OSError as error:
        failures.append(EditError(f"{path[:200]!r} cannot be worked on: {error.strerror or error}."))


def _drafted(drafts: dict[str, _Draft], edit: FileEdit, workspace: Workspace) -> tuple[str, _Draft]:
    path = workspace.root / edit.path
    real, shown = inside(path, workspace.root)
    if shown not in drafts:
        old = None
        exists = real.exists()
        if not exists and not isinstance(edit, Write):
            raise EditError(
                f"There is no file {shown}.",
                hint="Name it as it is in the repository. To make a new file, send its whole text.",
            )
        if exists:
            old = read_source(path, workspace.root)
            require_writable(old)
        drafts[shown] = _Draft(old, old.text if old else None)
    return shown, drafts[shown]


def _make(shown: str, draft: _Draft, edit: FileEdit) -> None:
    if isinstance(edit, Write):
        _write(shown, draft, edit)
    elif draft.text is None:
        raise EditError(f"{shown} is not there any more when it is to be changed.")
    elif isinstance(edit, Delete):
        draft.text = None
    else:
        _update(shown, draft, edit)


def _write(shown: str, draft: _Draft, edit: Write) -> None:
    if edit.text in draft.done:
        return
    if draft.done:
        raise EditError(f"{shown} is written whole, and changed besides.", hint="Send the file only once.")
    if edit.new and draft.text is not None and draft.text.strip():
        raise EditError(
            f"{shown} exists already and is not empty.",
            hint="Say which of its lines to replace, or delete it first.",
        )
    draft.text = whole_text(shown, draft.text or "", edit.text)
    draft.done.add(edit.text)
    draft.loose = True


def _update(shown: str, draft: _Draft, edit: Update) -> None:
    draft.moved_to = edit.moved_to or draft.moved_to
    for wanted in edit.replacements:
        if wanted in draft.done or draft.text is None:
            continue
        _refuse_overlap(shown, draft, wanted)
        shifted = wanted.line + draft.shift if wanted.line is not None else None
        placed = place_replacement(shown, draft.text, replace(wanted, line=shifted))
        draft.shift += placed.text.count("\n") - draft.text.count("\n")
        draft.text = placed.text
        draft.done.add(wanted)
        if placed.loosely:
            draft.loose = True
            draft.notes.append(f"{shown}:{placed.line}: not placed exactly ({placed.loosely})")


def _refuse_overlap(shown: str, draft: _Draft, wanted: Replacement) -> None:
    """Lines that stood in the file until an earlier edit changed them are not looked for elsewhere."""
    assert draft.text is not None
    if draft.done and draft.old and _stands(draft.old.text, wanted) and not _stands(draft.text, wanted):
        raise EditError(
            f"{shown}: two edits change the same lines, {wanted.old.strip()[:80]!r} among them.",
            hint="Make one edit of the two.",
        )


def _stands(text: str, wanted: Replacement) -> bool:
    """Whether what is to be replaced is in `text` as it is written."""
    if wanted.inline and "\n" not in wanted.old:
        return wanted.old in text
    lines, old = text.split("\n"), wanted.old.removesuffix("\n").split("\n")
    return any(lines[i : i + len(old)] == old for i in range(len(lines) - len(old) + 1))


def _changes(
    shown: str, draft: _Draft, drafts: dict[str, _Draft], workspace: Workspace
) -> list[PlannedChange]:
    old, text, notes = draft.old, draft.text, tuple(draft.notes)
    if text is None:
        return [PlannedChange(old, None, notes)] if old else []
    if old is None:
        return [PlannedChange(None, new_source(workspace.root / shown, workspace.root, text), notes)]
    _check_syntax(old, text, loose=draft.loose)
    new = replace(old, text=text, raw=encode(old, text))
    if draft.moved_to:
        there = new_source(workspace.root / draft.moved_to, workspace.root, text)
        if there.shown in drafts:
            raise EditError(f"{shown} is to move to {there.shown}, which is changed as well.")
        return [
            PlannedChange(old, None),
            PlannedChange(None, replace(new, path=there.path, shown=there.shown), notes),
        ]
    return [PlannedChange(old, new, notes)] if text != old.text else []


def _check_syntax(old: SourceFile, text: str, *, loose: bool) -> None:
    """An edit that was not placed exactly and breaks the syntax was placed wrongly, or read wrongly."""
    language = language_of(old.path)
    if loose and (problems := syntax_problems(text, language)) and not syntax_problems(old.text, language):
        raise EditError(
            f"{old.shown}: the new text does not parse (line {problems[0].line}: {problems[0].message}).",
            hint="Write the lines exactly as they are and as they shall be, indentation included.",
        )


def _together(failures: Sequence[CoderError]) -> EditError:
    if len(failures) == 1:
        return EditError(failures[0].message, hint=failures[0].hint)
    parts = [f"{each.message}\n{each.hint}".strip() for each in failures]
    return EditError("\n\n".join(parts), hint="None of the edits was made; send all of them again.")
