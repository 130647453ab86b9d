"""What the keys of the review do, for its help."""

from assistant.tui.help import Section

SECTIONS: tuple[Section, ...] = (
    (
        "Where to look",
        (
            ("↓ ↑, j k", "on in the hunk, then the next or previous hunk"),
            ("n p", "the next or previous hunk at once"),
            ("] [", "the next or previous file"),
            ("→ ←", "sideways, in long lines"),
            ("/", "find in names and lines; n N go on to the next or previous, Esc ends it"),
            ("w", "one column or two"),
            ("Tab", "what is staged, or what is not"),
            ("r", "read the diff anew, which happens by itself when something changes it"),
        ),
    ),
    (
        "A hunk",
        (
            ("Space", "keep it: it is good, and folded away"),
            ("s", "stage it, or unstage it where what is staged is shown"),
            ("d", "discard it from the working tree; coder undo has it, too"),
            ("e", "edit it in place; E opens the file in your editor"),
            ("c", "comment on it; the comments become a task for the agent"),
            ("S D", "stage or discard all of the file"),
            ("z", "take the latest decision back, a commit too"),
        ),
    ),
    (
        "Single lines",
        (
            ("Enter, l", "choose lines; Esc goes back to hunks"),
            ("Space", "mark the line"),
            ("Shift+↓ ↑", "mark and go on"),
            ("s d", "stage or discard what is marked, else the line"),
        ),
    ),
    ("The end", (("C", "commit what is staged"), ("q, Esc", "leave the review"))),
)
