"""Faults on purpose, in numbers: `python -m tests.faults.pull` and `python -m tests.faults.gguf`."""
