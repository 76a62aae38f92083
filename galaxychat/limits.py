"""Rules about size, rate and names. Pure: time, in seconds of any steady clock, is an argument."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from dataclasses import dataclass

from galaxychat.errors import Refusal

ROOM_NAME_CHARS = 64
TOPIC_CHARS = 500
_TRACKED_USERS = 100_000
# So that who waits exactly as long as was asked for is not asked once more.
_ROUNDING = 1e-6

# Format characters that may stand in a name: zero-width joiner and non-joiner shape letters in several scripts,
# but two names that differ only by them look alike, so names may not hold them; nothing of category Cf passes.
_FORBIDDEN_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
#: Letters that look like nothing: Hangul fillers, the braille blank.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
#: Marks that show nothing by themselves: the grapheme joiner, inherent vowels of Khmer, selectors of variants.
_BLANK_MARKS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f").union(
    map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)
_BLANK = _BLANK_LETTERS | _BLANK_MARKS
#: Phones put them behind a character, to have it as text or as a picture; the name is the same without.
_AS_TEXT_OR_PICTURE = {0xFE0E: None, 0xFE0F: None}
_REPLACEMENT = "\ufffd"


def room_name(name: str) -> str:
    """Return a room's name, trimmed and with inner space runs as one; raises Refusal `bad_name`."""
    name = name.translate(_AS_TEXT_OR_PICTURE)
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidy) <= ROOM_NAME_CHARS:
        raise Refusal("bad_name", f"A room's name has 1 to {ROOM_NAME_CHARS} characters.")
    if any(map(_deceives, name)):
        raise Refusal("bad_name", "A room's name may not hold control or invisible characters.")
    return tidy


def person_name(name: str) -> str:
    """Return a person's name as it may be shown: what is invisible in it, or turns others about, can be seen.

    Galaxy allows only plain letters today; older tables, and accounts that another system made, hold anything.
    """
    return "".join(_REPLACEMENT if _deceives(char) else char for char in name)


def name_key(name: str) -> str:
    """Return what two names are compared by: NFC(casefold(NFC(name))), trimmed, inner space runs as one."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(folded.split())


def message_text(text: str, most: int) -> str:
    """Return `text` as it came; raises Refusal `empty` or `too_long`. `most` counts code points."""
    if len(text) > most:
        raise Refusal("too_long", f"A message has at most {most} characters; this one has {len(text)}.")
    if all(unicodedata.category(char) in _INVISIBLE or char in _BLANK for char in text):
        raise Refusal("empty", "There is nothing to be seen in this message.")
    return text


def topic(text: str) -> str:
    """Return a room's topic, trimmed; raises Refusal `too_long`."""
    tidy = " ".join(text.split())
    if len(tidy) > TOPIC_CHARS:
        raise Refusal("too_long", f"A topic has at most {TOPIC_CHARS} characters.")
    return tidy


def _deceives(char: str) -> bool:
    return unicodedata.category(char) in _FORBIDDEN_IN_NAMES or char in _BLANK


@dataclass(slots=True)
class _Level:
    tokens: float
    at: float


class Buckets:
    """A token bucket for each user, over all of their connections: `size` at once, refilled `per_second`."""

    def __init__(self, size: float, per_second: float) -> None:
        self._size = size
        self._per_second = per_second
        self._levels: OrderedDict[int, _Level] = OrderedDict()

    def take(self, user: int, now: float) -> float:
        """Take one token and return 0, or take none and return the seconds until there will be one."""
        level = self._level(user, now)
        if level.tokens < 1 - _ROUNDING:
            return (1 - level.tokens) / self._per_second
        level.tokens -= 1
        return 0.0

    def give_back(self, user: int, now: float) -> None:
        """Return a token that was taken for something that turned out to cost nothing."""
        level = self._level(user, now)
        level.tokens = min(self._size, level.tokens + 1)

    def _level(self, user: int, now: float) -> _Level:
        level = self._levels.get(user)
        if level is None:
            level = self._levels[user] = _Level(self._size, now)
            # The one unseen for longest has surely refilled unless users come in at an absurd rate.
            if len(self._levels) > _TRACKED_USERS:
                self._levels.popitem(last=False)
        else:
            self._levels.move_to_end(user)
            level.tokens = min(self._size, level.tokens + max(0.0, now - level.at) * self._per_second)
            level.at = now
        return level
