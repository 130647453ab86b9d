"""The model that grammars are tried with."""

from tests.chat.conftest import smollm2_shipped

__all__ = ["smollm2_shipped"]
