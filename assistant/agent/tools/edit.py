"""Replace a text in a file, or write a whole file: shown as a diff, recorded, then made."""

from collections.abc import Sequence

from pydantic import Field

from assistant.agent.edits import FileEdit, PlannedChange, Write, apply, plan, replace_text
from assistant.agent.edits.paths import did_you_mean, resolve
from assistant.agent.tools.tool import LONG, Action, Arguments, Environment, PathArgument, Result, Tool
from assistant.errors import CoderError
from assistant.repo.hunks import unified_diff
from assistant.repo.listing import list_files
from assistant.repo.workspace import holds_secrets


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
        text = arguments.text.replace("\r\n", "\n")
        return changing([Write(arguments.path, text)], environment)


def changing(edits: Sequence[FileEdit], environment: Environment) -> Action:
    """The action that makes these edits, all or none. Raises EditError where they cannot be placed."""
    planned = plan(edits, environment.workspace)

    def perform() -> Result:
        apply(planned, environment.record)
        for each in planned:
            if each.new and each.new.shown in environment.read:
                environment.read[each.new.shown] = each.new.text
        notes = [note for each in planned for note in each.notes]
        return Result("\n".join([*map(_told, planned), *notes]), changes=tuple(planned))

    paths = {side.shown for each in planned for side in (each.old, each.new) if side}
    return Action(perform, preview=diff_of(planned), secrets=tuple(sorted(filter(holds_secrets, paths))))


def diff_of(changes: Sequence[PlannedChange]) -> str:
    """The unified diff of these changes."""
    return "".join(
        unified_diff(each.old.text if each.old else "", each.new.text if each.new else "", _name(each))
        for each in changes
    )


def _meant(path: str, environment: Environment) -> str:
    """The file that a slightly wrong path means. Raises CoderError with those that it may mean."""
    if (environment.workspace.root / path).exists():
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
