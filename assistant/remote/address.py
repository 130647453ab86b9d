"""Where a server is, from the URL that the user gave."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from assistant.errors import UsageError

_EXAMPLE = "For example: --engine http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Address:
    """`api` is the base of OpenAI's paths, `root` that of the paths which are the server's own. `host`
    is shown to the user, `loopback` says that nothing leaves this machine."""

    api: str
    root: str
    host: str
    loopback: bool
    encrypted: bool

    def goes_where(self) -> str:
        """Who gets to see the prompts, for the user."""
        how = "" if self.loopback or self.encrypted else ", unencrypted"
        return f"Prompts, and what they quote of your files, go to {self.host}{how}."


def parse_address(url: str) -> Address:
    """A path in the URL is the API's base as it is, without one that is `/v1`. Raises UsageError."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}.", hint=_EXAMPLE) from error
    if parts.username or parts.password:
        raise UsageError(
            "The URL of a server must not hold a password.", hint="Put the key into CODER_API_KEY."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no http or https URL of a server.", hint=_EXAMPLE)
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r} has more than a path.", hint=_EXAMPLE)
    path = parts.path.rstrip("/") or "/v1"
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = f"{name}:{port}" if port else name
    origin = f"{parts.scheme}://{host}"
    return Address(
        origin + path, origin + path.removesuffix("/v1"), host, _is_loopback(parts), parts.scheme == "https"
    )


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"
