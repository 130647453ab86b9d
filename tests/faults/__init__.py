"""Faults on purpose, in numbers: `python -m tests.faults` prints what became of them."""
