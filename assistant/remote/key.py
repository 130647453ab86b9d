"""The key for a server: from the environment or the system's keyring, and from nowhere else."""

import os

from assistant.errors import UsageError
from assistant.remote.address import Address

VARIABLE = "CODER_API_KEY"
SERVICE = "coder"


def find_key(address: Address, variable: str = VARIABLE) -> str | None:
    """The key in the environment `variable`, else what the keyring has for the service `coder` and the
    server's host, where the package keyring is installed. Raises UsageError for one that cannot be sent."""
    key = (os.environ.get(variable) or _in_keyring(address.host) or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            f"The key for {address.host} has characters that no key has.", hint=f"Set {variable} again."
        )
    return key or None


def _in_keyring(host: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        key: str | None = keyring.get_password(SERVICE, host)
    except KeyringError:  # locked, or there is none on this machine: the server says whether it wants one
        return None
    return key
