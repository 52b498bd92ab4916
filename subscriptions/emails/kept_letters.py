"""Letters that a sender keeps for readers who share them: the latest, as many as there is room for."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from digest.compose import PreparedLetter

ROOM = 48_000_000  # octets: letters are of 5 to 150 KB


class KeptLetters:
    """Letters by what decides on them; those that were not asked for the longest make room for others."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._letters: OrderedDict[Hashable, tuple[PreparedLetter, int]] = OrderedDict()
        self.octets = 0

    def get(self, key: Hashable, make: Callable[[], PreparedLetter]) -> PreparedLetter:
        """The letter of that key, made if it is not kept."""
        if found := self._letters.get(key):
            self._letters.move_to_end(key)
            return found[0]
        letter = make()
        octets = letter.octets
        self._letters[key] = letter, octets
        self.octets += octets
        while self.octets > self._room:
            _, (_, oldest) = self._letters.popitem(last=False)
            self.octets -= oldest
        return letter
