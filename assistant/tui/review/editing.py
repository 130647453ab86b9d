"""The working tree's side of a hunk as text that one can edit, and the user's own editor."""

import os
import shlex
import subprocess
from pathlib import Path

from assistant.errors import CoderError, RefusedError
from assistant.repo.diff import Hunk
from assistant.visible import visible

_GOES_TO_LINE = {"vi", "vim", "nvim", "nano", "emacs", "micro", "kak", "hx", "joe", "mg"}


def new_side(hunk: Hunk) -> str:
    """What the working tree has in the hunk's place, its lines ending with LF. Raises RefusedError for what
    a text field would not give back as it is."""
    content = b"".join(line.content for line in hunk.lines if line.kind != "removed")
    endings = {line.content.endswith(b"\r\n") for line in hunk.lines if line.kind != "removed"}
    try:
        text = (content.replace(b"\r\n", b"\n") if endings == {True} else content).decode()
    except UnicodeDecodeError:
        text = "\r"
    if visible(text) != text or "\r" in text:
        raise RefusedError("This hunk has bytes that are no plain text.", hint="E opens your editor.")
    return text


def edited(hunk: Hunk, text: str) -> bytes:
    """The bytes of what was made of `new_side`."""
    windows = any(line.content.endswith(b"\r\n") for line in hunk.lines if line.kind != "removed")
    return (text.replace("\n", "\r\n") if windows else text).encode("utf-8", "surrogateescape")


def open_editor(path: Path, line: int) -> None:
    """Let the user's editor have the terminal until it ends. Raises CoderError where there is none."""
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words:
        raise CoderError("No editor is named.", hint="Set EDITOR, such as EDITOR=nano.")
    at = [f"+{line}"] if Path(words[0]).stem in _GOES_TO_LINE else []
    try:
        subprocess.run([*words, *at, str(path)], check=False)
    except OSError as error:
        raise CoderError(f"{words[0]} cannot be run: {error.strerror or error}.") from error
