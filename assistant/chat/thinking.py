"""Reasoning apart from the answer, while both are still being written."""

from assistant.chat.families import Family


class ThinkingSplitter:
    """Splits a stream at the family's thinking tags, however the pieces are cut.

    An opening tag counts only at the very beginning: later it is text that talks about tags."""

    def __init__(self, family: Family, prompt_tail: str) -> None:
        """`prompt_tail` is the end of the prompt, which may open the reasoning itself."""
        self._family = family
        opened = prompt_tail.rfind(family.think_open)
        self._thinking = family.thinks and opened > prompt_tail.rfind(family.think_close)
        self._may_open = family.thinks and not self._thinking
        self._after_close = False
        self._held = ""

    @property
    def thinking(self) -> bool:
        """Whether the next text belongs to the reasoning."""
        return self._thinking

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """Pieces (text, is it reasoning) that are sure by now."""
        self._held += text
        pieces: list[tuple[str, bool]] = []
        while self._step(pieces):
            pass
        return [piece for piece in pieces if piece[0]]

    def flush(self) -> list[tuple[str, bool]]:
        """What was withheld, when no more text comes."""
        held, self._held = self._held, ""
        return [(held, self._thinking)] if held else []

    def _step(self, pieces: list[tuple[str, bool]]) -> bool:
        """Pass on what is sure. True where a tag was found and the rest is to be looked at again."""
        if self._may_open:
            return self._look_for_opening()
        if self._thinking:
            return self._look_for_closing(pieces)
        if self._after_close:
            self._held = self._held.lstrip("\r\n")
            self._after_close = not self._held
        pieces.append((self._held, False))
        self._held = ""
        return False

    def _look_for_opening(self) -> bool:
        begun, tag = self._held.lstrip(), self._family.think_open
        if begun.startswith(tag):
            self._held = begun[len(tag) :]
            self._thinking, self._may_open = True, False
            return True
        if tag.startswith(begun):  # nothing yet, or a part of the tag
            return False
        self._may_open = False
        return True

    def _look_for_closing(self, pieces: list[tuple[str, bool]]) -> bool:
        tag = self._family.think_close
        thought, found, rest = self._held.partition(tag)
        if found:
            pieces.append((thought, True))
            self._held, self._thinking, self._after_close = rest, False, True
            return True
        kept = next((n for n in range(len(tag) - 1, 0, -1) if self._held.endswith(tag[:n])), 0)
        pieces.append((self._held[: len(self._held) - kept], True))
        self._held = self._held[len(self._held) - kept :]
        return False
