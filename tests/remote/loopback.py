"""An OpenAI-compatible server on loopback whose answers, and whose faults, a test dictates."""

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

MODEL = "org/Tiny-1B"
OWNERS = {"llama.cpp": "llamacpp", "vLLM": "vllm", "SGLang": "sglang", "unknown": "somebody"}


@dataclass(frozen=True)
class Answer:
    """`pieces` are sent one after the other, each at once. After them the answer ends (""), breaks off
    ("cut"), or stands still until the client goes away ("hang"); with "reset" and "mute" it does so before
    it has begun."""

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    then: str = ""


def refused(status: int, said: object = "no", **headers: str) -> Answer:
    body = json.dumps({"error": {"message": said}}).encode()
    return Answer((body,), status, {name.replace("_", "-"): value for name, value in headers.items()})


def chunk(text: str = "", *, finish: str | None = None, **more: Any) -> bytes:
    """One event of a completion; `more` is what stands beside its choices."""
    delta = {"content": text} if text else {}
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def event(document: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def completion(*texts: str, finish: str = "stop", every: int = 0, **more: Any) -> Answer:
    """A whole answer, cut into pieces of `every` bytes, 0 being one piece an event."""
    events = [*map(chunk, texts), chunk(finish=finish), event({"choices": [], **more}), b"data: [DONE]\n\n"]
    whole = b"".join(events)
    cut = [whole[at : at + every] for at in range(0, len(whole), every)] if every else events
    return Answer(tuple(cut))


def call(name: str, **arguments: Any) -> Answer:
    """The call of a tool, as a server writes it that is held to a schema."""
    return completion(json.dumps({"thought": "So be it.", "name": name, "arguments": arguments}))


@dataclass
class Loopback:
    """`answers` are those to completions, in order; `others` by path to all else, and `metrics` are texts of
    `/metrics`, the last one being kept. `asked` are the requests that came: path, headers and body."""

    url: str
    kind: str = "vLLM"
    models: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    others: dict[str, Answer] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    begun: Event = field(default_factory=Event)
    left: Event = field(default_factory=Event)

    @property
    def completions(self) -> list[dict[str, Any]]:
        """The bodies of the completions that were asked for."""
        return [body for path, _, body in self.asked if path == "/v1/chat/completions"]

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        if path in self.others:
            return self.others[path]
        match path:
            case "/v1/chat/completions":
                return self.answers.pop(0)
            case "/v1/models":
                return _document({"data": self.models or [self._model()]})
            case "/apply-template":
                return _document({"prompt": "".join(each["content"] for each in body["messages"])})
            case "/tokenize" if self.kind == "llama.cpp":
                return _document({"tokens": list(range(len(body["content"])))})
            case "/tokenize" if self.kind != "unknown":
                return _document({"count": sum(len(each["content"]) for each in body["messages"])})
            case "/metrics" if self.metrics:
                return Answer(((self.metrics.pop(0) if len(self.metrics) > 1 else self.metrics[0]).encode(),))
            case _:
                return refused(404, "Not Found")

    def _model(self) -> dict[str, Any]:
        model: dict[str, Any] = {"id": MODEL, "owned_by": OWNERS[self.kind]}
        if self.kind == "llama.cpp":
            return model | {"meta": {"n_ctx": 4096}}
        return model | ({"max_model_len": 4096} if self.kind != "unknown" else {})


def _document(document: Mapping[str, Any]) -> Answer:
    return Answer((json.dumps(document).encode(),))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client is gone
            super().handle()

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: dict[str, Any]) -> None:
        loopback = self.server.loopback
        loopback.asked.append((self.path, dict(self.headers), body))
        answer = loopback.answer(self.path, body)
        match answer.then:
            case "mute":
                self._hang()
            case "reset":
                self._reset()
            case _:
                self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in answer.pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        match answer.then:
            case "cut":
                self._reset()
            case "hang":
                self._hang()
            case _:
                self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _hang(self) -> None:
        self.server.loopback.begun.set()
        with suppress(OSError):
            self.connection.recv(1)
        self.server.loopback.left.set()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def loopback_server(kind: str = "vLLM") -> Iterator[Loopback]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.loopback = Loopback(f"http://127.0.0.1:{server.server_address[1]}", kind)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
