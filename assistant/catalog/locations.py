"""Where coder keeps things. `CODER_HOME` overrides every platform default."""

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """Models, checkpoints and sessions."""
    return _under_home("data") or Path(platformdirs.user_data_dir("coder"))


def cache_folder() -> Path:
    """What can be made again, such as cost curves."""
    return _under_home("cache") or Path(platformdirs.user_cache_dir("coder"))


def config_folder() -> Path:
    """Settings and the user's own manifests."""
    return _under_home("config") or Path(platformdirs.user_config_dir("coder"))


def log_folder() -> Path:
    """What happened lately, without anybody's text."""
    return _under_home("log") or Path(platformdirs.user_log_dir("coder"))


def manifests_folder() -> Path:
    """Manifests of the user's own, one TOML file a model."""
    return config_folder() / "models"


def models_folder() -> Path:
    """One folder a pulled model."""
    return data_folder() / "models"


def _under_home(kind: str) -> Path | None:
    home = os.environ.get("CODER_HOME")
    return Path(home).expanduser().absolute() / kind if home else None
