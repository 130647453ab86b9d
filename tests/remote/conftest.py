"""A server on loopback, and what is made of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from assistant.chat.remote import RemoteGenerator
from assistant.remote.address import parse_address
from assistant.remote.connection import Connection
from assistant.remote.server import discover
from tests.remote.loopback import Loopback, loopback_server

KEY = "sk-very-secret"
Serve = Callable[..., Loopback]
Connect = Callable[..., Connection]
Generate = Callable[..., RemoteGenerator]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(stack: ExitStack) -> Serve:
    return lambda kind="vLLM": stack.enter_context(loopback_server(kind))


@pytest.fixture
def told() -> list[str]:
    """What the user is told."""
    return []


@pytest.fixture
def connect(stack: ExitStack, told: list[str]) -> Connect:
    def connect(server: Loopback, **options: float) -> Connection:
        address = parse_address(server.url)
        connection = Connection(address, KEY, tell=told.append, first_wait_s=0.01, **options)
        stack.callback(connection.close)
        return connection

    return connect


@pytest.fixture
def generate(connect: Connect, told: list[str]) -> Generate:
    def generate(server: Loopback, **options: float) -> RemoteGenerator:
        connection = connect(server, **options)
        return RemoteGenerator(
            connection, discover(connection, model=None, context_tokens=None, tell=told.append)
        )

    return generate
