"""The clipboard inside tmux, which by default keeps what programs send to it (OSC 52) from the terminal."""

import subprocess
from contextlib import suppress

_PATIENCE_S = 2.0


def copy_through_tmux(text: str) -> None:
    """Have tmux itself put `text` on the clipboard, and into its own buffer. Versions before 3.2 cannot."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
