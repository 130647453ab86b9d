"""The terminal: its size, colours, characters and clipboard."""

import os
import subprocess
import sys

from assistant.doctor.check import Check

_SMALLEST = (60, 15)  # as the app has it
_NONE = "no terminal here; only the app needs one"
_TIMEOUT_S = 0.5
# What tells of a terminal that takes OSC 52, by a variable that it sets.
TAKES_OSC_52 = (
    "ALACRITTY_WINDOW_ID",
    "GHOSTTY_RESOURCES_DIR",
    "KITTY_WINDOW_ID",
    "WEZTERM_PANE",
    "WT_SESSION",
)
PROGRAMS_WITH_OSC_52 = ("iTerm.app", "WezTerm", "ghostty", "vscode", "WarpTerminal")


def screen() -> Check:
    name, size = "screen", _size()
    if size is None:
        return Check(name, "ok", _NONE)
    within = [where for variable, where in (("TMUX", "tmux"), ("STY", "screen")) if variable in os.environ]
    within += ["SSH"] if "SSH_CONNECTION" in os.environ else []
    found = f"{size[0]}x{size[1]}" + (f", through {' and '.join(within)}" if within else "")
    if size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
        mend = f"Make it at least {_SMALLEST[0]}x{_SMALLEST[1]}."
        return Check(name, "warning", f"{found}, which is too small for the app", mend)
    return Check(name, "ok", found)


def colours() -> Check:
    from rich.console import Console

    name = "colours"
    if _size() is None:
        return Check(name, "ok", _NONE)
    if os.environ.get("NO_COLOR"):
        return Check(name, "ok", "switched off by NO_COLOR")
    system = Console(force_terminal=True).color_system
    term = f"TERM={os.environ.get('TERM', '')}"
    if system in ("truecolor", "256", "windows"):
        return Check(name, "ok", f"{'256' if system == '256' else '16 million'}, {term}")
    mend = "export TERM=xterm-256color COLORTERM=truecolor, where the terminal can show them"
    return Check(name, "warning", f"{'16' if system else 'none'}, {term}", mend)


def characters() -> Check:
    encoding = (sys.stdout.encoding or "unknown").lower()
    if encoding.replace("-", "") == "utf8":
        return Check("characters", "ok", "Unicode (UTF-8)")
    return Check("characters", "warning", f"{encoding}: not all can be shown", "export LC_ALL=C.UTF-8")


def clipboard() -> Check:
    """Copying goes through the terminal (OSC 52). None answers whether it obeys: this is a guess."""
    name = "clipboard"
    if _size() is None:
        return Check(name, "ok", _NONE)
    by_mouse = "Select with the mouse while you hold Shift (Option on a Mac)."
    if "TMUX" in os.environ:
        setting = _tmux_clipboard()
        if setting == "on":
            return Check(name, "ok", "tmux passes it on (set-clipboard on)")
        found = f"tmux keeps it from the terminal (set-clipboard {setting})"
        return Check(name, "warning", found, "tmux set-option -s set-clipboard on")
    # VTE leaves it out on purpose: gitlab.gnome.org/GNOME/vte/-/issues/2495
    if "STY" in os.environ or "VTE_VERSION" in os.environ or os.environ.get("TERM") == "linux":
        return Check(name, "warning", "this terminal does not take what coder copies", by_mouse)
    program = os.environ.get("TERM_PROGRAM", "")
    if program in PROGRAMS_WITH_OSC_52 or any(variable in os.environ for variable in TAKES_OSC_52):
        return Check(name, "ok", "this terminal takes what coder copies, unless its settings forbid it")
    return Check(name, "ok", "unknown: the terminal does not say whether it takes what is copied", by_mouse)


def _size() -> tuple[int, int] | None:
    """Columns and lines of the terminal, None without one; stdout alone may be piped."""
    for stream in (1, 2, 0):
        try:
            size = os.get_terminal_size(stream)
        except OSError:
            continue
        return size.columns, size.lines
    return None


def _tmux_clipboard() -> str:
    command = ["tmux", "show-options", "-sv", "set-clipboard"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return shown.stdout.strip()
