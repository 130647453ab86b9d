"""Text without what is a secret, or tells who somebody is: for what is attached to a bug report."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.agent.confine.environment import without_secrets

GONE = "(removed)"
_SHORTEST = 6
# As their issuers write them, and as others write that something is one.
_KEYS = re.compile(
    r"\b(?:sk|pk|rk)-[\w-]{12,}|\b(?:hf|gh[opusr]|glpat|npm|pypi|xox[abprs])[_-][\w-]{12,}|\bgithub_pat_\w{12,}"
    r"|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\beyJ[\w-]{8,4000}+\.[\w-]{8,}+\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)
_NAME = r"(?:api[_-]?key|key|token|secret|passw\w{0,40}|authorization|credential\w{0,40}|sig\w{0,40})"
_NAMED = re.compile(
    rf"(?P<name>{_NAME}[\"']?\s?[:=]\s?[\"']?(?:bearer\s|basic\s)?|\bbearer\s|(?<!-)--[\w-]{{0,40}}{_NAME}\s)"
    r"(?P<value>[^\s\"',;&]{6,})",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")


def redactor(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> Callable[[str], str]:
    """What takes out of a text: the values of secrets in the environment, keys and tokens by their looks and
    by what stands before them, names and passwords in addresses; and shows the home folder as ~."""
    kept = without_secrets(environment)
    values = {value for name, value in environment.items() if name not in kept and len(value) >= _SHORTEST}
    longest_first = sorted(values, key=len, reverse=True)
    homes = {str(home or Path.home()), str((home or Path.home()).resolve())} - {"/", "."}

    def redact(text: str) -> str:
        for value in longest_first:
            text = text.replace(value, GONE)
        text = _IN_URL.sub(f"{GONE}@", _KEYS.sub(GONE, text))
        text = _NAMED.sub(lambda found: f"{found['name']}{GONE}", text)
        for each in sorted(homes, key=len, reverse=True):
            text = text.replace(each, "~")
        return text

    return redact
