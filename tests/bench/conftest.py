"""The real model that the tests of the engine use."""

from tests.engine.conftest import smollm2, smollm2_path

__all__ = ["smollm2", "smollm2_path"]
