"""Change a settings file: comments and order are kept, and it is checked before it is replaced at once."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.config.document import Document, parse_document, read_document
from assistant.config.validate import Place, parsed, require_known, validated
from assistant.errors import CoderError, UsageError
from assistant.repo.atomic import replace_file


def set_value(path: Path, key: str, text: str) -> Any:
    """Set the dotted `key` in the file at `path` to `text` as a person writes it; return the value.

    Raises UsageError for an unknown key, a value it does not take or a file that is broken already, and
    CoderError when it cannot be written."""
    require_known(key)
    with _alone(path):
        document = read_document(path)
        values = parsed(key, text, document.values or {}, _place_of(document, but=key))
        value: Any = values
        for part in key.split("."):
            value = value[part]
        _rewrite(document, _with_value(document.text, key, value), values)
    return value


def unset_value(path: Path, key: str) -> None:
    """Take the dotted `key` out of the file at `path`, and a table that this empties. Raises as `set_value`
    does, and UsageError where it is not set there."""
    with _alone(path):
        document = read_document(path)
        values = _without(document.values or {}, key.split("."))
        if values is None:
            raise UsageError(f"{key} is not set in {path}.")
        validated(values, _place_of(document))
        _rewrite(document, _without_value(document.text, key), values)


def install(path: Path, content: bytes) -> None:
    """Replace the file at `path` once `content` is found to be right. Raises UsageError where it is not."""
    check(path, content)
    _write(path, content)


def check(path: Path, content: bytes) -> None:
    """Raise UsageError where `content` is not what the file at `path` may be."""
    document = parse_document(path, content)
    validated(document.values or {}, _place_of(document))


def _place_of(document: Document, but: str = "") -> Place:
    """Nowhere for the key `but`, which is not from the file."""
    return lambda keys: document.place(*keys) if document.text and ".".join(keys) != but else ""


def _with_value(text: str, key: str, value: Any) -> str:
    import tomlkit

    edited = tomlkit.parse(text)
    *tables, last = key.split(".")
    table: Any = edited
    for depth, name in enumerate(tables, 1):
        if name not in table:
            table[name] = tomlkit.table(is_super_table=depth < len(tables))
        table = table[name]
    table[last] = value
    return tomlkit.dumps(edited)


def _without_value(text: str, key: str) -> str:
    import tomlkit

    edited = tomlkit.parse(text)
    tables: list[Any] = [edited]
    *names, last = key.split(".")
    for name in names:
        tables.append(tables[-1][name])
    del tables.pop()[last]
    for table, name in zip(reversed(tables), reversed(names), strict=True):
        if not table[name]:
            del table[name]
    return tomlkit.dumps(edited)


def _rewrite(document: Document, text: str, values: Mapping[str, Any]) -> None:
    """`text` must say `values` and no more."""
    if tomllib.loads(text) != values:
        raise CoderError(
            f"{document.path} cannot be changed here without changing more.",
            hint="Change it by hand: coder config edit",
        )
    _write(document.path, text.encode())


def _without(values: Mapping[str, Any], keys: list[str]) -> dict[str, Any] | None:
    first, *rest = keys
    if first not in values:
        return None
    if not rest:
        return {key: value for key, value in values.items() if key != first}
    if not isinstance(values[first], Mapping):
        return None
    below = _without(values[first], rest)
    if below is None:
        return None
    kept = {key: value for key, value in values.items() if key != first}
    return {**kept, first: below} if below else kept


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two commands at once change one after the other. Raises CoderError where nothing can be written."""
    from filelock import FileLock

    from assistant.catalog.locations import config_folder

    try:
        config_folder().mkdir(parents=True, exist_ok=True)
        with FileLock(config_folder() / ".config.lock"):
            yield
    except OSError as error:
        raise _unwritable(path, error) from error


def _write(path: Path, content: bytes) -> None:
    """A link stays one: what it points to is replaced."""
    file = path.resolve()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
        replace_file(file, content, mode)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> CoderError:
    return CoderError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Nothing was changed. CODER_HOME moves your own settings to another folder.",
    )
