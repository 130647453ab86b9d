"""What a model's command can't do, tried for real in each way that this system has to confine it."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.agent import confine
from assistant.agent.command import CommandResult, run_command
from assistant.agent.confine import UNCONFINED, Confinement, Kind, Namespaces
from assistant.agent.confine.environment import without_secrets

WAYS: tuple[tuple[Kind, Namespaces], ...] = (
    ("bubblewrap", "given"),
    ("landlock", "own"),
    ("landlock", "none"),
    ("sandbox-exec", "given"),
)
FOUND = [found for way in WAYS if (found := confine.probe(*way))]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text("PRIVATE")
    (home / ".netrc").write_text("PRIVATE")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def root(home: Path) -> Path:
    root = home / "repo"
    (root / ".git" / "hooks").mkdir(parents=True)
    (root / "src").mkdir()
    (root / "file").write_text("old\n")
    (home / "outside").write_text("old\n")
    (root / "link").symlink_to(home / "outside")
    return root


@pytest.fixture(params=FOUND, ids=lambda found: f"{found.kind}, namespaces {found.namespaces}")
def way(request: pytest.FixtureRequest) -> Confinement:
    found = request.param
    assert isinstance(found, Confinement)
    return found


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of somebody outside who would take a secret."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def run(command: str, root: Path, way: Confinement) -> CommandResult:
    return run_command(command, root, timeout_s=20, confinement=way)


def python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def all_files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


ATTACKS = {
    "write outside": "echo new > ../outside",
    "write outside through a link": "echo new > link",
    "make a file outside": "touch ../new",
    "delete outside": "rm -f ../outside",
    "truncate outside": python("import os; os.truncate('../outside', 0)"),
    "move out": "mv file ../moved",
    "hard link from outside and write": "ln ../outside src/hard && echo new > src/hard",
    "rename a folder over": "mkdir src/d; mv -T src/d ../d",
    "write a hook": "echo evil > .git/hooks/pre-commit",
    "write git's configuration": "echo '[core]' > .git/config",
    "move git's folder away": "mv .git src/git",
    "mount over": "mount -t tmpfs x .git; mount -o remount,rw,bind .git .git; echo x > .git/hooks/x",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_written_that_is_not_in_the_repository(
    home: Path, root: Path, way: Confinement, attack: str
) -> None:
    before = all_files(home)
    result = run(ATTACKS[attack], root, way)
    after = {name: content for name, content in all_files(home).items() if not name.startswith("repo/src/")}
    assert (after, result.passed) == (before, False), result.output


def test_what_it_is_for_it_can_do(root: Path, way: Confinement) -> None:
    ordinary = (
        "echo new > file && touch src/new && mkdir src/d && mv src/new src/d/ && rm src/d/new && echo $TMPDIR"
    )
    result = run(f"{ordinary} && mktemp && cat ../outside > /dev/null && ls .git", root, way)
    assert result.passed, result.output
    assert (root / "file").read_text() == "new\n"
    assert not Path(result.output.splitlines()[0]).exists(), "the temporary folder is gone again"
    new_on_top = run("touch new-on-top", root, way)
    assert new_on_top.passed == (way.namespaces != "none")


def connect(port: int) -> str:
    return python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)")


def test_no_network(root: Path, way: Confinement, listener: int) -> None:
    if not way.network:
        pytest.skip("not cut off here, which the note says")
    assert run_command(connect(listener), root).passed, "without confinement it is reached"
    assert not run(connect(listener), root, way).passed
    look_up = python("import socket; socket.getaddrinfo('example.org', 80)")
    assert not run(look_up, root, way).passed
    datagram = python("import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))")
    assert not run(datagram, root, way).passed


@pytest.mark.skipif(sys.platform != "linux", reason="socket families of Linux")
@pytest.mark.parametrize("family", ["AF_UNIX", "AF_VSOCK", "AF_NETLINK", "AF_PACKET"])
def test_no_socket_to_an_agent_or_a_host(root: Path, way: Confinement, family: str) -> None:
    result = run(python(f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"), root, way)
    assert "PermissionError" in result.output


@pytest.mark.skipif(sys.platform != "linux", reason="the others have no loopback of their own")
def test_tests_may_talk_to_themselves(root: Path, way: Confinement) -> None:
    assert run(python("import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1)"), root, way).passed
    own = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    )
    assert run(python(own), root, way).passed == (way.namespaces != "none")
    lock = python("import multiprocessing; multiprocessing.Lock()")
    assert run(lock, root, way).passed == (way.namespaces != "none")


def test_keys_are_hidden(root: Path, way: Confinement) -> None:
    result = run("cat ../.ssh/id; cat ../.netrc", root, way)
    assert ("PRIVATE" in result.output) == (way.namespaces == "none")
    assert ("keys" in way.note) == (way.namespaces == "none"), "and where they are not, it is said"


def test_others_are_not_killed(root: Path, way: Confinement) -> None:
    victim = subprocess.Popen(["sleep", "30"])
    try:
        assert not run(f"kill -9 {victim.pid}", root, way).passed
        assert victim.poll() is None
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_environment_of_others_is_not_read(root: Path, way: Confinement) -> None:
    other = subprocess.Popen(["sleep", "30"], env={"SECRET": "hunter2"})
    try:
        read = f"tr '\\0' '\\n' < /proc/{other.pid}/environ"
        assert "hunter2" in run_command(read, root).output
        assert "hunter2" not in run(read, root, way).output
    finally:
        other.kill()
        other.wait()


def test_a_hang_is_stopped_there_too(root: Path, way: Confinement) -> None:
    result = run_command("sleep 60 & sleep 60", root, timeout_s=0.5, confinement=way)
    assert result.stopped == "timeout"
    assert result.seconds < 5


def test_exit_codes_come_through(root: Path, way: Confinement) -> None:
    assert [run(f"exit {code}", root, way).returncode for code in (0, 3)] == [0, 3]


def test_some_way_is_chosen_or_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert confine.confinement() == (FOUND[0] if FOUND else UNCONFINED)
    monkeypatch.setattr(sys, "platform", "plan9")
    confine.confinement.cache_clear()
    assert confine.confinement() is UNCONFINED
    assert "can do whatever you can" in UNCONFINED.note
    confine.confinement.cache_clear()


def test_a_way_that_fails_runs_nothing(root: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("Linux")
    impossible = Confinement("landlock", True, True, "", "own")
    inside = " ".join(map(shlex.quote, impossible.wrap("touch src/ran", root, root)))
    result = run(inside, root, FOUND[-1])  # no namespaces can be made in there
    assert result.returncode == 126
    assert "was not run" in result.output
    assert not (root / "src" / "ran").exists()


SECRET = {
    "OPENAI_API_KEY": "x",
    "github_token": "x",
    "AWS_PROFILE": "x",
    "DB_PASSWORD": "x",
    "SSH_AUTH_SOCK": "x",
    "DATABASE_URL": "x",
    "PIP_INDEX_URL": "https://me:hunter2@example.org/simple",
    "KUBECONFIG": "x",
}
PLAIN = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "LANG": "C",
    "PWD": "/",
    "DOCS": "https://example.org",
    "GOPATH": "/go",
}


def test_secrets_are_not_handed_on() -> None:
    assert without_secrets(SECRET | PLAIN) == PLAIN


def test_a_users_own_command_has_their_environment_and_a_models_has_not(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    show = "echo $OPENAI_API_KEY"
    assert run_command(show, root).output == "hunter2\n"
    for each in (*FOUND, UNCONFINED):
        assert run(show, root, each).output == "\n"
    assert os.environ["OPENAI_API_KEY"] == "hunter2"
