"""The hub and the manifest that the tests of the catalogue use."""

from tests.catalog.conftest import hub, manifest, tiny_pair

__all__ = ["hub", "manifest", "tiny_pair"]
