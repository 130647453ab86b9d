"""Checkpoints: what files were before each change of coder's, so that every change can be taken back.

Only the files that a turn is about to change are kept, as they are and as they will be, in one SQLite
database in coder's data folder. Git is not involved. That is a choice against what others do:

- A shadow repository of the whole tree (OpenCode, Cline) costs what the tree weighs at every step, grew
  to hundreds of gigabytes in the field (OpenCode issues 15977, 9290), takes back what others did
  meanwhile (OpenCode issue 3176), and nested repositories broke when `.git` was moved out of the way
  (Cline issues 5598, 1313).
- Refs of our own in the user's repository would need one that is not bare or broken, and git would run
  its filters and hooks over the contents: `autocrlf` and LFS give other bytes back than were there.

Bytes in, the same bytes out: it works without git, in the middle of a merge, in submodules and
worktrees, for untracked and ignored files, and runs nothing. SQLite brings durable transactions,
recovery after a kill and locks between processes. The price: what a command changes that the agent
runs is not known here and not taken back, as in Claude Code.

A change is recorded and on disk before the file is touched. So a file is always either what it was or
what was recorded, and undo can tell both from what somebody else has written since. An undo is itself
a turn: it can be undone.
"""

from assistant.repo.checkpoints.state import ABSENT, FileState
from assistant.repo.checkpoints.store import Checkpoints, open_checkpoints, write_recorded
from assistant.repo.checkpoints.turn import Turn, TurnRecord
from assistant.repo.checkpoints.undo import FileUndo, Undo, apply_undo, plan_redo, plan_undo

__all__ = [
    "ABSENT",
    "Checkpoints",
    "FileState",
    "FileUndo",
    "Turn",
    "TurnRecord",
    "Undo",
    "apply_undo",
    "open_checkpoints",
    "plan_redo",
    "plan_undo",
    "write_recorded",
]
