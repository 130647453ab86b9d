"""All kinds of attacks."""

from tests.attacks import (
    gguf,
    git_config,
    links,
    models,
    paths,
    sandbox,
    secrets,
    shell,
    templates,
    terminal,
)
from tests.attacks.attack import Kind

MODULES = (paths, links, secrets, git_config, shell, sandbox, terminal, models, templates, gguf)
KINDS: tuple[Kind, ...] = tuple(kind for module in MODULES for kind in module.KINDS)
