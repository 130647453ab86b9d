"""What a server's refusal means, in words for the user."""

import json
import re
from http import HTTPStatus

from assistant.errors import CoderError, ContextFullError, ModelError
from assistant.remote.address import Address
from assistant.remote.key import SERVICE, VARIABLE

_CONTEXT = re.compile(
    r"exceed_context_size|context_length_exceeded|context (length|size|window)|maximum input length", re.I
)
_LONGEST_REASON = 300


class ServerError(ModelError):
    """A server cannot be reached, or will not answer. `status` is that of HTTP, 0 where there was none."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class CutOffError(ServerError):
    """The server was lost in the middle of an answer."""


class CancelledError(Exception):
    """The caller gave the request up. Never reaches a user."""


def refusal(address: Address, status: int, body: str, *, location: str = "") -> CoderError:
    """The error that an HTTP answer without success is."""
    reason, host = reason_in(body), address.host
    said = f": {reason}" if reason else ""
    match status:
        case 400 | 413 | 422 if _CONTEXT.search(body):
            return ContextFullError(
                f"The prompt does not fit the context of the model at {host}{said}.",
                hint="Give a smaller task, or start the server with a larger context.",
            )
        case 401:
            hint = f"Put its key into {VARIABLE} or its profile's variable, or: keyring set {SERVICE} {host}"
            return ServerError(f"{host} wants a key, or another one (401){said}.", hint=hint, status=status)
        case 403:
            hint = "The key may lack the right to use this model."
            return ServerError(f"{host} does not permit this (403){said}.", hint=hint, status=status)
        case 404 | 405:
            hint = "The URL must be the API's base, such as http://HOST:8000/v1; --model names the model."
            return ServerError(f"{host} does not know this ({status}){said}.", hint=hint, status=status)
        case 429:
            hint = "Try again later."
            return ServerError(f"{host} has too many requests (429){said}.", hint=hint, status=status)
        case _ if 300 <= status < 400:
            return ServerError(
                f"{host} sends on to {location or 'another place'} ({status}); nothing was sent there.",
                hint="If you trust that place, give it as --engine URL.",
                status=status,
            )
        case _ if status >= 500:
            hint = "Its log says more."
            return ServerError(f"{host} failed ({_named(status)}){said}.", hint=hint, status=status)
        case _:
            return ServerError(f"{host} refused the request ({_named(status)}){said}.", status=status)


def unreachable(address: Address, error: Exception) -> ServerError:
    """The error that a failed connection is."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return ServerError(
            f"The certificate of {address.host} is not trusted: {reason}.",
            hint="Name its authority in SSL_CERT_FILE, or use its right name.",
        )
    return ServerError(
        f"Nothing answers at {address.host}: {reason}.", hint="Is the server running, and the URL right?"
    )


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def in_short(said: object) -> str:
    """What a server says of an error, in one short line without its full stop."""
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and said.get(key):
            said = said[key]
    line = " ".join((said if isinstance(said, str) else json.dumps(said)).split()).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"


def reason_in(body: str) -> str:
    """The same of an answer's text; nothing of a page for browsers."""
    try:
        return in_short(json.loads(body))
    except (ValueError, RecursionError):
        return "" if "<html" in body.lower() else in_short(body)
