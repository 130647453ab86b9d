"""All kinds of attacks."""

from tests.attacks import (
    app,
    bombs,
    commits,
    drawn,
    gguf,
    git_config,
    links,
    models,
    orders,
    paths,
    sandbox,
    secrets,
    shell,
    templates,
    terminal,
    trust,
)
from tests.attacks.attack import Kind

MODULES = (
    *(paths, links, secrets, git_config, shell, sandbox, terminal, models, templates, gguf),
    *(trust, orders, commits, bombs, app, drawn),
)
KINDS: tuple[Kind, ...] = tuple(kind for module in MODULES for kind in module.KINDS)
