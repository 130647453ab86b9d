"""Replace a text in a file, or write a whole file: shown as a diff, recorded, then made."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from pydantic import Field

from assistant.agent.edits import FileEdit, PlannedChange, Write, apply, plan, replace_text
from assistant.agent.edits.paths import did_you_mean, resolve
from assistant.agent.tools.tool import LONG, Action, Arguments, Environment, PathArgument, Result, Tool
from assistant.errors import CoderError
from assistant.repo.files import inside, is_there
from assistant.repo.hunks import unified_diff
from assistant.repo.listing import list_files
from assistant.repo.workspace import Workspace, holds_secrets

# What share of a file's lines makes it that file with changes, and below what share it is another.
_OF_THIS_FILE, _OF_ANOTHER_FILE = 0.8, 0.5


class EditArguments(Arguments):
    path: str = PathArgument
    old: str = Field(min_length=1, json_schema_extra={**LONG})
    new: str = Field(json_schema_extra={**LONG})
    everywhere: bool = False


class Edit(Tool[EditArguments]):
    name = "edit"
    about = "replace the lines `old` of a file, exactly as they are there, by `new`"
    permission = "write"
    Arguments = EditArguments

    def prepare(self, arguments: EditArguments, environment: Environment) -> Action:
        path = _meant(arguments.path, environment)
        return changing(
            [replace_text(path, arguments.old, arguments.new, everywhere=arguments.everywhere)], environment
        )


class WriteArguments(Arguments):
    path: str = PathArgument
    text: str = Field(json_schema_extra={**LONG})


class WriteFile(Tool[WriteArguments]):
    name = "write"
    about = "write a whole file"
    permission = "write"
    Arguments = WriteArguments

    def prepare(self, arguments: WriteArguments, environment: Environment) -> Action:
        path, text = arguments.path, arguments.text.replace("\r\n", "\n")
        if not is_there(environment.workspace.root / path):
            path = resolve(path, list_files(environment.workspace, cancel=environment.cancel).files)
        return changing([Write(path, text)], environment)


def changing(edits: Sequence[FileEdit], environment: Environment) -> Action:
    """The action that makes these edits, all or none. Raises EditError where they cannot be placed."""
    planned = _planned(edits, environment.workspace)
    for each in planned:
        _refuse_text_of_another(each, environment.read)

    def perform() -> Result:
        apply(planned, environment.record)
        for each in planned:
            if each.new and each.new.shown in environment.read:
                environment.read[each.new.shown] = each.new.text
        notes = [note for each in planned for note in each.notes]
        return Result("\n".join([*map(_told, planned), *notes]), changes=tuple(planned))

    paths = sorted({side.shown for each in planned for side in (each.old, each.new) if side})
    return Action.writing(paths, perform, diff_of(planned))


def _planned(edits: Sequence[FileEdit], workspace: Workspace) -> list[PlannedChange]:
    """What an edit of a secret fails of is not told: it quotes the file, which nobody has agreed to yet."""
    try:
        return plan(edits, workspace)
    except CoderError:
        if secrets := [edit.path for edit in edits if _leads_to_secrets(edit.path, workspace)]:
            raise CoderError(
                f"The edit of {', '.join(secrets)} cannot be made; why is not told, for it may hold secrets.",
                hint="Read it first, which asks the user.",
            ) from None
        raise


def _leads_to_secrets(path: str, workspace: Workspace) -> bool:
    try:
        return holds_secrets(inside(workspace.root / path, workspace.root)[1])
    except CoderError:  # it leads nowhere that could be read
        return False


def _refuse_text_of_another(change: PlannedChange, read: Mapping[str, str]) -> None:
    """A file that was read may come back whole under the name of another, or without its folders."""
    if change.new is None:
        return
    new, name = change.new.text, change.new.shown
    for other, text in read.items():
        same_name = PurePath(other).name == PurePath(name).name
        suspect = _share(new, change.old.text) < _OF_ANOTHER_FILE if change.old else same_name
        if other != name and suspect and _share(new, text) > _OF_THIS_FILE:
            raise CoderError(
                f"The new text of {name} is that of {other}, which was read; nothing was written.",
                hint="Name the file that the text is for. To copy it, remove the other one first."
                if change.old
                else f"Write it to {other}, or change it there with edit.",
            )


def _share(text: str, other: str) -> float:
    """How many of the lines are in the other text too, from 0 to 1."""
    lines, others = ({line.strip() for line in each.split("\n")} - {""} for each in (text, other))
    return len(lines & others) / max(len(lines), 1)


def diff_of(changes: Sequence[PlannedChange]) -> str:
    """The unified diff of these changes."""
    return "".join(
        unified_diff(each.old.text if each.old else "", each.new.text if each.new else "", _name(each))
        for each in changes
    )


def _meant(path: str, environment: Environment) -> str:
    """The file that a slightly wrong path means. Raises CoderError with those that it may mean."""
    if is_there(environment.workspace.root / path):
        return path
    known = list_files(environment.workspace, cancel=environment.cancel).files
    meant = resolve(path, known)
    if meant not in known:
        raise CoderError(f"There is no file {path}.", hint=did_you_mean(path, known) or "Use list or find.")
    return meant


def _name(change: PlannedChange) -> str:
    side = change.new or change.old
    return side.shown if side else ""


def _told(change: PlannedChange) -> str:
    verb = "Changed" if change.old and change.new else "Created" if change.new else "Removed"
    return f"{verb} {_name(change)}."
