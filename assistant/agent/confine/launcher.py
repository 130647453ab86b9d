"""Confine this very process on Linux, then become the command. Run as a script, with nothing but Python.

Usage: launcher.py ROOT GIT TEMPORARY given|own|none COMMAND ARGUMENT..., where GIT is git's folder, or with
COMMAND `--report`, which prints instead, as JSON, whether the network is cut off. Where one of the layers
that were asked for fails it says so, ends with code 126 and runs nothing.

Three layers, each from documented system calls alone. Namespaces: no network but a loopback of its own,
`.git` read-only, keys hidden, no processes but its own, which all end with the first; `given` where
bubblewrap has made them, `none` where nobody may. Landlock (landlock(7)): writes only below ROOT and
TEMPORARY, no signals to others. A seccomp filter (seccomp(2)): no sockets that leave the namespace, among
them those of the Docker, D-Bus and SSH agents.

It is a process of its own because a program with threads can't safely do this between fork and exec.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

HIDDEN_FOLDERS = (
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".config/gcloud",
    ".config/gh",
    ".password-store",
)
HIDDEN_FILES = (".netrc", ".git-credentials", ".npmrc", ".pypirc", ".config/git/credentials")

_MIN_LANDLOCK = 3  # before it, truncate(2) was not covered
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_ALL_WRITES = _WRITE_FILE | sum(1 << bit for bit in range(4, 15))
_SCOPES = 0b11  # abstract sockets, signals
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    1,
    2,
    4,
    32,
    4096,
    16384,
    1 << 18,
)
# statvfs(3) to mount(2): what the kernel does not let a remount drop
_KEPT_FLAGS = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}

_ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # audit number, socket(2)
_IO_URING_SETUP = 425
_PR_SET_PDEATHSIG = 1
_X32 = 0x40000000
_FIRST_DROPPED = 5  # capabilities(7): those before it are about owners and modes of files
_MAX_FILE_BYTES = 4 * 2**30
_MORE_TASKS = 2048

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    root, git, temporary, namespaces, *command = arguments
    gits = (Path(root, ".git"), Path(git))
    try:
        _limit()
        if namespaces == "own":
            _enter_namespaces(gits)
            _be_the_first()
        inside = namespaces != "none"
        top = [Path(root)] if inside else [path for path in Path(root).iterdir() if not _is_one(path, gits)]
        if not _confine_writes(top, Path(temporary), whole=inside) and namespaces != "given":
            raise OSError("this system has no Landlock")
        filtered = _filter_sockets([socket.AF_INET, socket.AF_INET6] if inside else [])
        _drop_capabilities()
    except OSError as error:
        sys.stderr.write(f"coder: the command was not run, it could not be confined: {error}\n")
        sys.exit(126)
    if command == ["--report"]:
        sys.stdout.write(json.dumps({"network": inside or filtered}))
        return
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)


def _limit() -> None:
    """No core dumps, no endless files, and a fork bomb ends before the machine does."""
    tasks = int(Path("/proc/loadavg").read_text().split()[3].split("/")[1]) + _MORE_TASKS
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _MAX_FILE_BYTES),
        (resource.RLIMIT_NPROC, tasks),
    ):
        most = resource.getrlimit(limit)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (value, value))


def _enter_namespaces(gits: Sequence[Path]) -> None:
    user, group = os.getuid(), os.getgid()
    _check(_libc.unshare(_NEWUSER | _NEWNS | _NEWNET | _NEWIPC | _NEWPID), "namespaces")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    for git in filter(Path.exists, gits):
        _make_read_only(git)
    _mount("tmpfs", "/dev/shm", "tmpfs", _MS_NOSUID | _MS_NODEV)
    home = Path.home()
    for folder in filter(Path.is_dir, (home / name for name in HIDDEN_FOLDERS)):
        _mount("tmpfs", str(folder), "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_RDONLY)
    for file in filter(Path.is_file, (home / name for name in HIDDEN_FILES)):
        _mount("/dev/null", str(file), None, _MS_BIND)
    _raise_loopback()


def _be_the_first() -> None:
    """Go on in a child that the first process of the new namespace waits for: with that one, the kernel ends
    all others. Whoever waits here ends as it does."""
    _fork_and_wait()
    # Not where parts of /proc are hidden from us; what is there then tells of others, and nothing of them.
    with contextlib.suppress(OSError):
        _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV)
    _fork_and_wait()


def _fork_and_wait() -> None:
    """Only a child returns; it ends at once where the one that waits for it is ended."""
    child = os.fork()
    if not child:
        _check(_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL), "parent's end")
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 3)  # who reads from the command is to see when it closes them
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _make_read_only(path: Path) -> None:
    _mount(str(path), str(path), None, _MS_BIND | _MS_REC)
    flags = os.statvfs(path).f_flag
    kept = sum(mount for found, mount in _KEPT_FLAGS.items() if flags & found)
    _mount(None, str(path), None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    texts = [text and text.encode() for text in (source, target, kind)]
    _check(_libc.mount(*texts, ctypes.c_ulong(flags), None), f"mount {target}")


def _raise_loopback() -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh14x", b"lo", 0x1)
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def _is_one(path: Path, gits: Sequence[Path]) -> bool:
    """Whether one of git's places is at or below the path."""
    return path.name.lower() == ".git" or any(git.is_relative_to(path) for git in gits)


def _confine_writes(places: Sequence[Path], temporary: Path, *, whole: bool) -> bool:
    """Landlock: from here on only what lies below these can be written. Without a namespace that protects
    git's folder (`whole` is False) they are what already lies beside it in the root."""
    version = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < _MIN_LANDLOCK:
        return False
    attributes = struct.pack("QQQ", _ALL_WRITES, 0, _SCOPES)
    size = 24 if version >= 6 else 8
    ruleset = _check(_libc.syscall(_CREATE_RULESET, attributes, size, 0), "landlock")
    devices = ("/dev/shm", *_DEVICES) if whole else _DEVICES
    for place in (*places, temporary, *map(Path, devices)):
        _allow_writes(ruleset, place)
    _no_new_privileges()
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)
    return True


def _allow_writes(ruleset: int, place: Path) -> None:
    if not place.exists() or place.is_symlink():
        return
    handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    allowed = _ALL_WRITES if place.is_dir() else _WRITE_FILE | _TRUNCATE
    rule = struct.pack("=Qi", allowed, handle)
    _check(_libc.syscall(_ADD_RULE, ruleset, 1, rule, 0), f"landlock {place}")
    os.close(handle)


def _filter_sockets(families: list[int]) -> bool:
    """A seccomp filter that lets socket(2) make these families only; pairs of sockets stay possible."""
    if platform.machine() not in _ARCHITECTURES:
        return False
    audit, socket_call = _ARCHITECTURES[platform.machine()]
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    denied, allowed, missing = (8 + len(families) + i for i in range(3))  # the last three steps
    program = [
        (load, 0, 0, 4),  # the architecture
        (equal, 1, 0, audit),
        (give, 0, 0, 0x80000000),  # kill
        (load, 0, 0, 0),  # the number of the call
        (at_least, denied - 5, 0, _X32),
        (equal, missing - 6, 0, _IO_URING_SETUP),
        (equal, 0, allowed - 7, socket_call),
        (load, 0, 0, 16),  # its first argument
        *((equal, allowed - step, 0, family) for step, family in enumerate(families, 9)),
        (give, 0, 0, 0x50000 | errno.EACCES),
        (give, 0, 0, 0x7FFF0000),  # allow
        (give, 0, 0, 0x50000 | errno.ENOSYS),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    _no_new_privileges()
    return _prctl(22, 2, header) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _drop_capabilities() -> None:
    """Leave root, where that is who we are, what it takes to own files: all else, such as reading the
    memory of others past Landlock, is gone with the next exec."""
    for capability in range(_FIRST_DROPPED, 64):
        _prctl(24, capability)  # PR_CAPBSET_DROP; without privileges there is nothing to drop


def _no_new_privileges() -> None:
    _check(_prctl(38, 1), "no_new_privs")


def _prctl(option: int, value: int, pointer: bytes | None = None) -> int:
    zero = ctypes.c_ulong(0)
    return int(_libc.prctl(option, ctypes.c_ulong(value), pointer, zero, zero))


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
