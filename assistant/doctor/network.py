"""What `coder pull` would go through: settings alone, nothing is asked for."""

import importlib.util
import os
from urllib.parse import urlsplit
from urllib.request import getproxies

from assistant.doctor.check import Check

_YES = ("1", "on", "yes", "true")  # as huggingface-hub reads them


def proxies() -> Check:
    name = "proxies"
    found = {scheme: url for scheme, url in getproxies().items() if scheme in ("http", "https", "all")}
    if not found:
        return Check(name, "ok", "none")
    shown = ", ".join(f"{scheme}: {_without_secrets(url)}" for scheme, url in found.items())
    schemes = {urlsplit(url).scheme for url in found.values()}
    if not schemes <= {"http", "https", "socks5", "socks5h"}:
        return Check(name, "warning", shown, "Write each as http://HOST:PORT or socks5://HOST:PORT.")
    if schemes & {"socks5", "socks5h"} and importlib.util.find_spec("socksio") is None:
        return Check(name, "warning", f"{shown}; SOCKS needs the package socksio", "pip install socksio")
    return Check(name, "ok", shown)


def model_hub() -> Check:
    name = "model hub"
    if any(
        os.environ.get(variable, "").lower() in _YES
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    ):
        return Check(name, "warning", "switched off by HF_HUB_OFFLINE", "HF_HUB_OFFLINE=0 coder pull")
    endpoint = os.environ.get("HF_ENDPOINT", "")
    if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname):
        found = f"HF_ENDPOINT is no address: {endpoint}"
        return Check(name, "warning", found, "unset HF_ENDPOINT, or write it as https://HOST")
    token = "with a token" if os.environ.get("HF_TOKEN") else "without a token in HF_TOKEN"
    return Check(name, "ok", f"{_without_secrets(endpoint) if endpoint else 'huggingface.co'}, {token}")


def _without_secrets(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
