"""Keys of the user's own: what they may be given to, and whether they can be had."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from textual.binding import BindingsMap, BindingType
from textual.keys import Keys, key_to_character

from assistant.errors import UsageError

_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "meta", "hyper"})
_NAMED = frozenset(key.value for key in Keys if not key.value.startswith("<"))
_SETTING = "app.keys"


class Keymap:
    """The keys of all actions that have an id. `wanted` are the user's own, by id; several keys of one action
    are written with commas between. Raises UsageError for an id that there is not, and for keys that there
    are not, that would be typed instead, or that two actions would have."""

    def __init__(self, wanted: Mapping[str, str], *places: Sequence[BindingType]) -> None:
        """`places` are the bindings that are active together."""
        bindings = [binding for place in places for _, binding in BindingsMap(place)]
        self._usual: dict[str, list[str]] = defaultdict(list)
        for binding in bindings:
            self._usual[binding.id or binding.action].append(binding.key)
        self.own = {id: _keys_of(id, keys) for id, keys in wanted.items()}
        _require_known(self.own, sorted({binding.id for binding in bindings if binding.id}))
        self._require_apart()

    def shown(self, id: str) -> str:
        """The first key of an action as a person writes it."""
        return "+".join(_word(part) for part in self._keys(id)[0].split("+"))

    def as_textual(self) -> dict[str, str]:
        return {id: ",".join(keys) for id, keys in self.own.items()}

    def _keys(self, id: str) -> list[str]:
        return self.own.get(id) or self._usual[id]

    def _require_apart(self) -> None:
        having: dict[str, str] = {}
        for id in sorted(self._usual, key=lambda id: id in self.own):
            for key in self._keys(id):
                if id in self.own and having.get(key, id) != id:
                    raise UsageError(
                        f"{_SETTING}: {key} would be the key of both {having[key]} and {id}.",
                        hint="Give one of them another.",
                    )
                having[key] = id


def _keys_of(id: str, written: str) -> list[str]:
    keys = [key.strip() for key in written.split(",")]
    for key in keys:
        *modifiers, last = key.split("+")
        character = key_to_character(last) or ""
        if not set(modifiers) <= _MODIFIERS or not (last in _NAMED or (character and character.isascii())):
            raise UsageError(
                f"{_SETTING}: {id} cannot have {key!r}: there is no such key.",
                hint="Write them as in f6, ctrl+t or alt+up, several with commas between.",
            )
        if set(modifiers) <= {"shift"} and character:
            raise UsageError(
                f"{_SETTING}: {id} cannot have {key!r}, which is typed into the prompt.",
                hint="Take it with ctrl or alt, or take a function key.",
            )
    return keys


def _require_known(own: Mapping[str, object], known: list[str]) -> None:
    for id in own:
        if id not in known:
            close = get_close_matches(id, known, n=1)
            raise UsageError(
                f"{_SETTING}: there is no action {id!r}.",
                hint=f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}.",
            )


def _word(part: str) -> str:
    arrows = {"up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn"}
    return arrows.get(part, part.capitalize())
