"""A model hub on loopback: the part of the hub's HTTP that a download meets, with faults on demand.

As on the real hub, `resolve` describes a file and sends on to a store under another origin, which
knows ranges and must never see the user's token."""

import hashlib
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import ClassVar

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_API = re.compile(r"/api/models/(?P<repo>[\w.-]+/[\w.-]+)/revision/(?P<revision>[\w.-]+)(\?.*)?")
_RESOLVE = re.compile(r"/(?P<repo>[\w.-]+/[\w.-]+)/resolve/(?P<revision>[\w.-]+)/(?P<file>.+)")


@dataclass
class Served:
    """A file, and what the hub says of it where that is not the truth."""

    content: bytes
    tag: str = ""
    size: int = 0

    def __post_init__(self) -> None:
        self.tag = self.tag or hashlib.sha256(self.content).hexdigest()
        self.size = self.size or len(self.content)


@dataclass
class LoopbackHub:
    """`cuts`: after how many bytes the next downloads break off. `store_answers`: statuses that the
    store gives next instead of bytes. `stalls`: by file, the bytes after which its next download stands
    still until `go_on` is set, `stalled` being set by then. `pace_s`: seconds between two chunks."""

    CHUNK: ClassVar = 65_536
    url: str
    store_url: str
    files: dict[str, Served] = field(default_factory=dict)
    gated: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    store_answers: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    tokens: dict[str, set[str | None]] = field(default_factory=lambda: {"hub": set(), "store": set()})
    ignores_ranges: bool = False
    stalls: dict[str, int] = field(default_factory=dict)
    pace_s: float = 0.0
    stalled: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def add(self, repo: str, file: str, content: bytes, *, tag: str = "", size: int = 0) -> None:
        self.files[f"{repo}/{file}"] = Served(content, tag, size)

    def knows(self, repo: str) -> bool:
        return any(name.startswith(f"{repo}/") for name in self.files)


@contextmanager
def loopback_hub() -> Iterator[LoopbackHub]:
    server = _Server(("127.0.0.1", 0), _Handler)
    port = server.server_address[1]
    hub = LoopbackHub(f"http://127.0.0.1:{port}", f"http://localhost:{port}")
    _Handler.hub = hub
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to tell of."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def log_message(self, format: str, *args: object) -> None: ...

    def do_HEAD(self) -> None:
        self._resolve()

    def do_GET(self) -> None:
        if self.path.startswith("/store/"):
            self._store(self.path.removeprefix("/store/"))
        elif asked := _API.fullmatch(self.path):
            self._describe(asked["repo"], asked["revision"])
        else:
            self._resolve()

    def _resolve(self) -> None:
        self.hub.tokens["hub"].add(self.headers.get("Authorization"))
        asked = _RESOLVE.fullmatch(self.path)
        if asked is None:
            self._fail(404)
        elif self._refused(asked["repo"], asked["revision"]):
            pass
        elif (served := self.hub.files.get(f"{asked['repo']}/{asked['file']}")) is None:
            self._fail(404, "EntryNotFound")
        else:
            self._head(
                302,
                {
                    "Location": f"{self.hub.store_url}/store/{asked['repo']}/{asked['file']}",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Size": str(served.size),
                    "X-Linked-ETag": f'"{served.tag}"',
                },
            )

    def _refused(self, repo: str, revision: str) -> bool:
        refusal: tuple[int, str] | None = None
        if not self.hub.knows(repo):
            refusal = 401, "RepoNotFound"
        elif (answer := self.hub.answers.get(repo)) is not None:
            refusal = answer, ""
        elif (status := self.hub.gated.get(repo)) is not None:
            refusal = status, "GatedRepo"
        elif revision not in ("main", COMMIT):
            refusal = 404, "RevisionNotFound"
        if refusal:
            self._fail(*refusal)
        return refusal is not None

    def _describe(self, repo: str, revision: str) -> None:
        """What lies in a repository, as the hub's API says it."""
        self.hub.tokens["hub"].add(self.headers.get("Authorization"))
        if self._refused(repo, revision):
            return
        files = {
            name.removeprefix(f"{repo}/"): served
            for name, served in self.hub.files.items()
            if name.startswith(f"{repo}/")
        }
        document = {
            "id": repo,
            "sha": COMMIT,
            "cardData": {"license": "apache-2.0"},
            "siblings": [
                {
                    "rfilename": name,
                    "size": served.size,
                    "lfs": {"sha256": served.tag, "size": served.size, "pointerSize": 134},
                }
                for name, served in files.items()
            ],
        }
        body = json.dumps(document).encode()
        self._head(200, {"Content-Type": "application/json"}, length=len(body))
        self.wfile.write(body)

    def _store(self, name: str) -> None:
        self.hub.tokens["store"].add(self.headers.get("Authorization"))
        asked = self.headers.get("Range")
        self.hub.ranges.append(asked)
        if self.hub.store_answers:
            self._fail(self.hub.store_answers.pop(0))
            return
        content = self.hub.files[name].content
        start = 0
        if asked and not self.hub.ignores_ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            self._fail(416)
            return
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self._head(206 if start else 200, headers, length=len(content) - start)
        self._send(content[start:], self.hub.stalls.pop(name.rpartition("/")[2], None))

    def _send(self, content: bytes, stalls_after: int | None) -> None:
        if stalls_after is not None:
            self.wfile.write(content[:stalls_after])
            self.wfile.flush()
            content = content[stalls_after:]
            self.hub.stalled.set()
            self.hub.go_on.wait(20)
        if self.hub.cuts:
            content = content[: self.hub.cuts.pop(0)]
            self.close_connection = True
        try:
            for at in range(0, len(content), self.hub.CHUNK):
                self.wfile.write(content[at : at + self.hub.CHUNK])
                if self.hub.pace_s:
                    time.sleep(self.hub.pace_s)
        except ConnectionError:
            self.close_connection = True

    def _fail(self, status: int, code: str = "") -> None:
        self._head(status, {"X-Error-Code": code} if code else {})

    def _head(self, status: int, headers: dict[str, str], length: int = 0) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
