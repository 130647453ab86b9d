"""Decide about changes: stage, unstage, discard, edit, commit; each decision can be taken back.

New contents of the index are made here from the old blob and the lines of the diff, and not by
`git apply`: what was shown is what is staged, or nothing is. No filter, hook or monitor is run.
"""

from assistant.repo.staging.commit import commit, prepared_message, programs
from assistant.repo.staging.decision import Decision, take_back
from assistant.repo.staging.discard import discard, rewrite
from assistant.repo.staging.lines import Choice, everything
from assistant.repo.staging.stage import stage, unstage

__all__ = [
    "Choice",
    "Decision",
    "commit",
    "discard",
    "everything",
    "prepared_message",
    "programs",
    "rewrite",
    "stage",
    "take_back",
    "unstage",
]
