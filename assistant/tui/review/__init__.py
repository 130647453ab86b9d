"""The review of a diff: files, hunks and lines to keep, stage, discard, edit, comment on and commit."""
