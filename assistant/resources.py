"""Data that ships with the package: model manifests, small draft weights, prompt templates."""

from importlib.resources import files
from pathlib import Path
from typing import Literal


def resource_folder(kind: Literal["models", "prompts"]) -> Path:
    """The folder of `kind`: inside the package when installed, beside it in a checkout."""
    package = Path(str(files("assistant")))
    installed = package / kind
    return installed if installed.is_dir() else package.parent / kind
