"""Speculation as it happens: how fast, what is kept of the drafts, and where words came from."""
