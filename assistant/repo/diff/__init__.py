"""The differences that git sees, as data: of the working tree from the index, of the index from HEAD."""

from assistant.repo.diff.model import Diff, Entry, FileDiff, Hunk, Line, Status
from assistant.repo.diff.parse import parse_diff
from assistant.repo.diff.read import read_diff
from assistant.repo.diff.stamp import Stamp, stamp

__all__ = ["Diff", "Entry", "FileDiff", "Hunk", "Line", "Stamp", "Status", "parse_diff", "read_diff", "stamp"]
