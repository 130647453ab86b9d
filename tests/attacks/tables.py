"""All kinds of attacks."""

from tests.attacks import paths
from tests.attacks.attack import Kind

KINDS: tuple[Kind, ...] = (*paths.KINDS,)
