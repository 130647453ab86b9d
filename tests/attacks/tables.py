"""All kinds of attacks."""

from tests.attacks import links, paths, secrets
from tests.attacks.attack import Kind

KINDS: tuple[Kind, ...] = (*paths.KINDS, *links.KINDS, *secrets.KINDS)
