"""The environment that a command which a model proposed may see: no secrets, and caches that it may write."""

import re
from collections.abc import Mapping
from pathlib import Path

_SECRET_NAME = re.compile(
    r"key|token|secret|passw|passphrase|credential|auth|cookie|_pat$|dsn$|database_url"
    r"|^(aws|azure|arm|google|gcp|gcloud|cloudsdk|digitalocean|do|vault|consul|kube|kubeconfig|docker"
    r"|github|gitlab|gh|gl|npm|pypi|twine|hf|huggingface|openai|anthropic|ssh|gpg|dbus|sudo)(_|$)",
    re.IGNORECASE,
)
_URL_WITH_SECRET = re.compile(
    r"://[^/\s@]+@|[?&][\w.-]*(?:sig|token|key|secret|passw|auth|credential)[\w.-]*=", re.IGNORECASE
)
_CACHES = {
    "TMPDIR": "",
    "TEMP": "",
    "TMP": "",
    "XDG_CACHE_HOME": "cache",
    "GOCACHE": "go-build",
    "npm_config_cache": "npm",
    "PIP_CACHE_DIR": "pip",
    "MYPY_CACHE_DIR": "mypy",
}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What is left when all is taken away that by its name, or as a URL with a password or key in it,
    may be a secret or lead to an agent that holds some."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET_NAME.search(name) and not _URL_WITH_SECRET.search(value)
    }


def confined_environment(environment: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """`without_secrets`, with temporary files and the caches of common tools in `temporary`."""
    return without_secrets(environment) | {name: str(temporary / folder) for name, folder in _CACHES.items()}
