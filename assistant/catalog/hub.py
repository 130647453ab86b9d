"""Files on the model hub: what it says of one, and its bytes, read on from where they broke off.

huggingface-hub gives the addresses, the session, the log-in and the errors. The bytes are fetched
here, because its own download begins a file anew once the process has ended in the middle of it.
"""

import errno
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.catalog.part import Part
from assistant.catalog.source import HubFile
from assistant.errors import ModelError, UsageError

_TIMEOUT_S = 30.0
_PAUSE_S = 1.0
# One after the other, without a byte between them.
_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub describes it. `tag` names its content; `size` (bytes) and `sha256` are None
    where the hub does not say."""

    source: HubFile
    url: str
    tag: str
    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """`name` is what the repository says, and not to be believed; `size` in bytes."""

    name: str
    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Repository:
    repo: str
    revision: str
    license: str
    files: tuple[RepositoryFile, ...]


def look_up(source: HubFile) -> RemoteFile:
    """Ask the hub about a file. Raises ModelError with the reason for what fails."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    with _explained(source):
        metadata = get_hf_file_metadata(hf_hub_url(source.repo, source.file, revision=source.revision))
        # The commit, so that a download that goes on tomorrow is still of the same file.
        url = hf_hub_url(source.repo, source.file, revision=metadata.commit_hash or source.revision)
    if not (metadata.etag and metadata.commit_hash):
        raise ModelError(
            f"What answers at {constants.ENDPOINT} is no model hub.",
            hint="A log-in page of the network may stand in between, or HF_ENDPOINT is wrong.",
        )
    # Large files have their SHA-256 as their tag.
    is_hash = re.fullmatch(r"[0-9a-f]{64}", metadata.etag)
    return RemoteFile(source, url, metadata.etag, metadata.size, metadata.etag if is_hash else None)


def fetch(remote: RemoteFile, part: Part, progress: Callable[[int], None]) -> None:
    """Append to `part` what it lacks of `remote`; `progress` gets the bytes that it has by then.

    A connection that breaks is taken up again. Whatever is raised, `part` keeps what has arrived;
    ModelError gives the reason."""
    failures = 0
    with _explained(remote.source):
        while remote.size is None or part.size < remote.size:
            had = part.size
            try:
                _stream(remote.url, part, progress)
                return
            except _http_error() as error:
                failures = 1 if part.size > had else failures + 1
                if failures == _MOST_FAILURES or not _may_pass(error):
                    raise
                time.sleep(_PAUSE_S * 2 ** (failures - 1))


def list_repository(repo: str, revision: str = "main") -> Repository:
    """What lies in a repository. Raises ModelError with the reason for what fails."""
    from huggingface_hub import HfApi

    with _explained(HubFile(repo, "", revision)):
        info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=_TIMEOUT_S)
    files = [
        RepositoryFile(each.rfilename, each.size, each.lfs.sha256 if each.lfs else None)
        for each in info.siblings or ()
    ]
    said = info.card_data.get("license") if info.card_data else None
    return Repository(repo, revision, said if isinstance(said, str) else "not stated", tuple(files))


def _stream(url: str, part: Part, progress: Callable[[int], None]) -> None:
    from huggingface_hub import get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
    request = get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT_S)
    with request as response:
        if response.status_code == 416:  # nothing lies beyond what is here
            return
        hf_raise_for_status(response)
        if response.status_code != 206 and part.size:
            part.restart()
        for chunk in response.iter_raw():
            part.append(chunk)
            progress(part.size)


def _http_error() -> type[Exception]:
    """The root of the errors of the HTTP library, which is httpx or httpx2 by the version of
    huggingface-hub."""
    from huggingface_hub.errors import HfHubHTTPError

    root: type[Exception] = HfHubHTTPError.__bases__[0]
    return root


def _may_pass(error: Exception) -> bool:
    """Whether it may go better in a moment: a cut connection, or a hub that is busy."""
    status = _status(error)
    return status is None or status in (408, 429) or status >= 500


def _status(error: Exception) -> int | None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


@contextmanager
def _explained(source: HubFile) -> Iterator[None]:
    """The hub's many failures, in plain words."""
    from huggingface_hub import errors

    where = f"{source.repo}/{source.file}".rstrip("/")
    log_in = "Log in with an account that may read it: hf auth login"
    try:
        yield
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{source.repo} asks you to accept its terms first.",
            hint=f"Accept them on the page of {source.repo}, then log in: hf auth login",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise ModelError(
            f"The hub has no {source.repo} at {source.revision!r}, or it is private.", hint=log_in
        ) from error
    except errors.EntryNotFoundError as error:
        raise ModelError(f"The hub has no file {where}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise ModelError(
            "The hub is switched off by HF_HUB_OFFLINE.",
            hint="Unset it for the pull: HF_HUB_OFFLINE=0 coder pull",
        ) from error
    except errors.HFValidationError as error:
        raise UsageError(f"{source.repo} is no name of a repository: {error}") from error
    except errors.HfHubHTTPError as error:
        raise _refused(_status(error), where, log_in) from error
    except _http_error() as error:
        raise ModelError(
            "The model hub cannot be reached.",
            hint="Check the network (proxies are taken from the environment); what has arrived is kept.",
        ) from error
    except OSError as error:
        room = "Make room and pull again; what" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "What"
        raise ModelError(
            f"Could not download {where}: {error.strerror or error}.", hint=f"{room} has arrived is kept."
        ) from error


def _refused(status: int | None, where: str, log_in: str) -> ModelError:
    if status in (401, 403):
        return ModelError(f"The hub does not give you {where} ({status}).", hint=log_in)
    if status == 429:
        return ModelError(
            "The hub was asked too often (429).",
            hint="Wait some minutes and pull again; what has arrived is kept. Logging in raises the limit.",
        )
    if status == 404:
        return ModelError(f"The hub has no {where}.", hint="It may have been renamed: look at its page.")
    return ModelError(
        f"The hub answered {status} for {where}.", hint="Pull again later; what has arrived is kept."
    )
