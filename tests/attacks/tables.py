"""All kinds of attacks."""

from tests.attacks import git_config, links, paths, secrets
from tests.attacks.attack import Kind

KINDS: tuple[Kind, ...] = (*paths.KINDS, *links.KINDS, *secrets.KINDS, *git_config.KINDS)
