"""All kinds of attacks."""

from tests.attacks import git_config, links, paths, sandbox, secrets, shell, terminal
from tests.attacks.attack import Kind

MODULES = (paths, links, secrets, git_config, shell, sandbox, terminal)
KINDS: tuple[Kind, ...] = tuple(kind for module in MODULES for kind in module.KINDS)
