"""Markdown that a model writes, drawn by one widget however long it grows."""
