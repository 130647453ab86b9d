"""Settings files: sections in brackets, and a key and a value a line."""

from settings.errors import SettingsError


def parse(text: str) -> dict[str, dict[str, str]]:
    """Values by section and key. Raises SettingsError with the line that is wrong."""
    sections: dict[str, dict[str, str]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            sections.setdefault(section, {})
            continue
        key, sign, value = line.rpartition("=")
        if not sign:
            raise SettingsError(number, "there is no = in it")
        if not key.strip():
            raise SettingsError(number, "there is no key before the =")
        sections.setdefault(section, {})[key.strip()] = unquoted(value.strip())
    return sections


def unquoted(value: str) -> str:
    """The value without the quotes around it."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
