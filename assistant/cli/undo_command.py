"""`coder undo`: take back a change, the whole turn or some of its files."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption
from assistant.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from assistant.repo.checkpoints import FileUndo, TurnRecord, Undo

_ACTIONS = {"remove": "delete", "create": "bring back", "mode": "reset the mode of", "restore": "restore"}


def undo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Only these files, or all below a folder."),
    ] = None,
    list_turns: Annotated[bool, typer.Option("--list", "-l", help="Show what can be taken back.")] = False,
    turn: Annotated[
        int | None, typer.Option("--turn", metavar="ID", help="This turn, instead of the last.")
    ] = None,
    redo: Annotated[bool, typer.Option("--redo", help="Take back the last undo.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also files that changed since; what they are now is kept.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take back the last change that coder made here. An undo can be undone: --redo."""
    from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_redo, plan_undo
    from assistant.repo.workspace import find_workspace

    root = find_workspace(files[0] if files else Path()).root
    checkpoints = open_checkpoints(root)
    if list_turns:
        _list(checkpoints.turns(), as_json)
        return
    if redo and turn is not None:
        raise UsageError("--redo takes back the last undo, --turn another turn.", hint="Use one of them.")
    if not (yes or dry_run) and (as_json or not sys.stdin.isatty()):
        raise RefusedError(
            "Nobody can be asked for consent here.", hint="Add --yes to write, or --dry-run to see the diff."
        )
    paths = [_relative(path, root) for path in files or []]
    plan = plan_redo(checkpoints, paths=paths) if redo else plan_undo(checkpoints, turn=turn, paths=paths)
    if not as_json:
        _show(plan)
    undone: int | None = None
    try:
        # Where files have changed since there is nothing to ask: it is refused.
        if not dry_run and (yes or (plan.conflicts and not force) or _consents(plan)):
            undone = apply_undo(checkpoints, plan, force=force)
    finally:
        if as_json:
            typer.echo(json.dumps(_described(plan, undone), indent=2))
    if dry_run:
        typer.echo("Nothing was written (--dry-run).", err=True)
    elif undone is None:
        raise RefusedError("Nothing was taken back.")
    else:
        typer.secho(f"Turn {plan.turn.id} is taken back. Again: coder undo --redo", fg="green", err=True)


def _list(turns: "Sequence[TurnRecord]", as_json: bool) -> None:
    from assistant.visible import visible

    if as_json:
        typer.echo(json.dumps([_listed(turn) for turn in turns], indent=2))
        return
    if not turns:
        typer.echo("coder has changed nothing here.", err=True)
    for turn in turns:
        row = _listed(turn)
        files = ", ".join(file["path"] for file in row["files"])
        status = "" if row["status"] == "active" else f"  [{row['status']}]"
        typer.echo(
            visible(f"{turn.id:5}  {row['time'][:16].replace('T', ' ')}  {turn.title}  ({files}){status}")
        )


def _listed(turn: "TurnRecord") -> dict[str, Any]:
    status = "active" if turn.active == turn.files else "partly undone" if turn.active else "undone"
    return {
        "turn": turn.id,
        "title": turn.title,
        "time": datetime.fromtimestamp(turn.time).astimezone().isoformat(timespec="seconds"),
        "undoes": turn.undoes,
        "status": status if turn.finished else "under way",
        "files": [{"path": file.path, "undone": file.undone} for file in turn.files],
    }


def _relative(path: Path, root: Path) -> str:
    """`path`, which need not exist, from the root. Its folder's links are followed, not its own."""
    try:
        place = path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{path} cannot be followed: {error}.") from error
    if not place.is_relative_to(root):
        raise RefusedError(f"{path} lies outside of {root}.")
    return place.relative_to(root).as_posix()


def _show(plan: "Undo") -> None:
    from rich.console import Console
    from rich.text import Text

    from assistant.cli.diff import diff_lines
    from assistant.visible import visible

    err = Console(stderr=True, highlight=False, soft_wrap=True)
    out = Console(highlight=False, soft_wrap=True)
    err.print(Text(visible(f"Turn {plan.turn.id}: {plan.turn.title}"), "bold"))
    for file in plan.files:
        if file.verdict == "already":
            err.print(Text(visible(f"{file.path} is as it was already"), "dim"))
            continue
        if file.verdict == "changed since":
            err.print(Text(visible(f"{file.path} changed since; taking it back would lose this:"), "yellow"))
        for line in diff_lines(_diff(file)):
            out.print(line)


def _diff(file: "FileUndo") -> str:
    from assistant.repo.hunks import unified_diff

    now, back = _text(file.now.content), _text(file.back.content)
    summary = f"{_ACTIONS[file.action]} {file.path}\n"
    if now is None or back is None or "link" in (file.now.kind, file.back.kind):
        return summary
    return unified_diff(now, back, file.path) or summary


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _consents(plan: "Undo") -> bool:
    try:
        return typer.confirm(f"Take back turn {plan.turn.id}?", err=True)
    except typer.Abort:
        return False


def _described(plan: "Undo", undone: int | None) -> dict[str, Any]:
    return {
        "turn": plan.turn.id,
        "title": plan.turn.title,
        "undo_turn": undone,
        "files": [
            {"path": file.path, "action": file.action, "changed_since": file.verdict == "changed since"}
            for file in plan.files
        ],
        "diff": "".join(_diff(file) for file in plan.files if file.action != "none"),
    }
