"""A terminal coding assistant with in-process inference and speculative decoding."""

__version__ = "0.1.0"
