"""Where a server is, and which key goes there."""

import sys
from types import ModuleType

import pytest

from assistant.errors import UsageError
from assistant.remote.address import parse_address
from assistant.remote.key import VARIABLE, find_key


@pytest.mark.parametrize(
    ("url", "api", "root"),
    [
        ("http://gpu:8000", "http://gpu:8000/v1", "http://gpu:8000"),
        ("http://gpu:8000/", "http://gpu:8000/v1", "http://gpu:8000"),
        ("http://gpu:8000/v1/", "http://gpu:8000/v1", "http://gpu:8000"),
        (" https://hub.example/api/v1 ", "https://hub.example/api/v1", "https://hub.example/api"),
        ("https://hub.example/openai", "https://hub.example/openai", "https://hub.example/openai"),
        ("http://[::1]:80", "http://[::1]:80/v1", "http://[::1]:80"),
    ],
)
def test_the_path_is_the_base_of_the_interface(url: str, api: str, root: str) -> None:
    address = parse_address(url)
    assert (address.api, address.root) == (api, root)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("gpu:8000", "no http or https URL"),
        ("ftp://gpu", "no http or https URL"),
        ("http://", "no http or https URL"),
        ("http://gpu:port", "no URL"),
        ("http://gpu/v1?key=a", "more than a path"),
        ("http://user:secret@gpu", "must not hold a password"),
    ],
)
def test_what_is_no_address(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_address(url)
    assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:80", "go to 127.0.0.1:80."),
        ("http://localhost", "go to localhost."),
        ("http://[::1]", "go to [::1]."),
        ("http://192.168.0.7:8000", "go to 192.168.0.7:8000, unencrypted."),
        ("https://gpu.example", "go to gpu.example."),
    ],
)
def test_the_user_is_told_where_prompts_go(url: str, said: str) -> None:
    assert parse_address(url).goes_where().endswith(said)


def test_a_key_is_of_the_environment_or_of_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("coder", "gpu:8000"): "of-the-keyring"}
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    keyring.get_password = lambda *who: kept.get(who)  # type: ignore[attr-defined]
    errors.KeyringError = OSError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.delenv(VARIABLE, raising=False)
    gpu, other = parse_address("http://gpu:8000"), parse_address("http://other:8000")
    assert (find_key(gpu), find_key(other)) == ("of-the-keyring", None)
    monkeypatch.setenv(VARIABLE, "of-the-environment\n")
    assert find_key(gpu) == "of-the-environment"
    monkeypatch.setenv(VARIABLE, "two\nlines")
    with pytest.raises(UsageError) as caught:
        find_key(gpu)
    assert "two" not in caught.value.message + caught.value.hint


def test_without_a_keyring_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert find_key(parse_address("http://gpu")) is None
