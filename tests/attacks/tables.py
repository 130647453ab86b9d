"""All kinds of attacks."""

from tests.attacks import git_config, links, paths, sandbox, secrets, shell
from tests.attacks.attack import Kind

MODULES = (paths, links, secrets, git_config, shell, sandbox)
KINDS: tuple[Kind, ...] = tuple(kind for module in MODULES for kind in module.KINDS)
