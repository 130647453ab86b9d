"""Who may speak to the served app: a browser that was given the address, and no other page in it.

Any program and any web page can reach a port on loopback. So the address holds a secret that every request
is checked for. A page elsewhere whose host name is made to mean this machine is told by the Host header, and
one that sends its requests across by the Origin header.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

_DOWNLOADS = "coder-downloads"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Guard:
    """Of the app that is served on `port`. All addresses begin with `/token/`, but those of downloads: the
    script in the page makes them, so that they are known by a cookie with a secret of its own."""

    port: int
    token: str = field(default_factory=_secret)
    download_token: str = field(default_factory=_secret)

    @property
    def hosts(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    @property
    def address(self) -> str:
        return f"http://{self.hosts[0]}/{self.token}/"

    def refuses(self, request: web.Request) -> str:
        """Why, empty for what may pass."""
        if request.host not in self.hosts:
            return "This host is not served."
        origin = request.headers.get("Origin")
        needs_origin = "Upgrade" in request.headers
        if (origin is not None or needs_origin) and origin not in {f"http://{host}" for host in self.hosts}:
            return "Another page asks for this."
        if not self._has_secret(request):
            return "Open the whole address that coder printed."
        return ""

    def let_download(self, response: web.StreamResponse) -> None:
        """Give the browser what downloads need."""
        response.set_cookie(
            _DOWNLOADS, self.download_token, path="/download", httponly=True, samesite="Strict"
        )

    def _has_secret(self, request: web.Request) -> bool:
        given, secret = request.path.lstrip("/").partition("/")[0], self.token
        if given == "download":
            given, secret = request.cookies.get(_DOWNLOADS, ""), self.download_token
        return secrets.compare_digest(given.encode("utf-8", "replace"), secret.encode())


def protect(app: web.Application, guard: Guard) -> None:
    """Let nothing pass but what the guard does, not even to learn that it is not there, and let the page load
    and reach nothing elsewhere."""
    sockets = " ".join(f"ws://{host}" for host in guard.hosts)
    # The terminal in the page makes styles of its own.
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        f"img-src 'self' data:; connect-src 'self' {sockets}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }

    @web.middleware
    async def pass_or_refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        reason = guard.refuses(request)
        return web.Response(status=403, text=reason) if reason else await handler(request)

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    app.middlewares.append(pass_or_refuse)
    app.on_response_prepare.append(add_headers)
