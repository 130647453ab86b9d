"""Write in the editor of one's own."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from assistant.errors import CoderError


def edit(text: str) -> str:
    """`text` as it is after the user's editor has closed; waits for that. Raises CoderError."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _usual()
    with tempfile.TemporaryDirectory(prefix="coder-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, "utf-8")
        try:
            subprocess.run([*shlex.split(command), str(path)], check=True)
            return path.read_text("utf-8", "replace").rstrip("\n")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise CoderError(
                f"The editor `{command}` failed: {error}.", hint="Set $EDITOR to the one to use."
            ) from error


def _usual() -> str:
    return "notepad" if sys.platform == "win32" else "vi"
