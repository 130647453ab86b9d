"""Server-sent events, as far as completions use them (WHATWG HTML, section 9.2.6)."""

from assistant.remote.errors import ServerError

_LONGEST_EVENT = 8 * 1024 * 1024


class EventDecoder:
    """Bytes, however they are cut, to the data of whole events. Lines end with LF or CRLF alone: text in
    JSON may hold every other character that ends a line elsewhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, received: bytes) -> list[str]:
        """The data of the events that are whole by now. Raises ServerError for one without end."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        events = [event for line in lines if (event := self._line(line.removesuffix(b"\r"))) is not None]
        if self._size + len(self._rest) > _LONGEST_EVENT:
            raise ServerError("The server sends an event without end.")
        return events

    def _line(self, line: bytes) -> str | None:
        if line:
            field, _, value = line.partition(b":")
            if field == b"data":
                self._data.append(value.removeprefix(b" "))
                self._size += len(line)
            return None
        data, self._data, self._size = self._data, [], 0
        return b"\n".join(data).decode("utf-8", "replace") if data else None
